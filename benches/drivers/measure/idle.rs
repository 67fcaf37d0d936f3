//! What twenty tasks that do nothing cost per second, with the agent looking on once a second.

use super::{IDLE, INTERVAL, end, settle_long, watch};
use crate::args::Args;
use crate::board::Board;
use crate::turns::Turns;
use std::time::Duration;

pub async fn all(args: &Args, board: &Board) {
    let tasks = args.many(20, 5);
    let seconds = args.many(30, 4);
    // Podman's time is nobody's by name: what one driver asks of it must not be there in the other's turn.
    let turns = Turns::of("stats").rounds(args.many(3, 1)).fresh();
    let round = async |session: &crate::session::Session, _| {
        let agent = session.agent().await;
        let mut started = Vec::new();
        for _ in 0..tasks {
            let task = session.silent_task(IDLE);
            agent.start(&task).await.unwrap();
            watch(&agent, task.id(), Some(INTERVAL));
            started.push(task);
        }
        settle_long().await;
        let used = session.meters().over(INTERVAL * u32::try_from(seconds).unwrap()).await;
        let per = |used: Duration| used.as_secs_f64() * 1e3 / (tasks * seconds) as f64;
        session.note("stats.cpu", per(used.driver));
        session.note("stats.cpu.podman", per(used.podman));
        session.note("stats.cpu.both", per(used.driver + used.podman));
        for task in &started {
            end(&agent, task.id()).await;
        }
    };
    turns.run(board, round).await;
}
