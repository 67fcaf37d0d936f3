//! What twenty tasks that do nothing cost per second, with the agent looking on once a second.

use super::{IDLE, end, watch};
use crate::args::Args;
use crate::board::Board;
use crate::turns::in_turn;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(1);
/// For the streams to come up.
const SETTLED: Duration = Duration::from_secs(2);

pub async fn all(args: &Args, board: &Board) {
    let tasks = args.many(20, 5);
    let seconds = args.many(30, 5);
    in_turn(board, "stats", args.many(2, 1), "podman", async |session, _| {
        let agent = session.agent().await;
        let mut started = Vec::new();
        for _ in 0..tasks {
            let task = session.silent_task(IDLE);
            agent.start(&task).await.unwrap();
            watch(&agent, task.id(), Some(INTERVAL));
            started.push(task);
        }
        tokio::time::sleep(SETTLED).await;
        let meters = session.meters();
        tokio::time::sleep(INTERVAL * u32::try_from(seconds).unwrap()).await;
        let per = |used: Duration| used.as_secs_f64() * 1e3 / (tasks * seconds) as f64;
        let used = (meters.driver.used(), meters.podman.used());
        // Podman's time is nobody's by name: what one driver asks of it must not be there in the other's turn.
        for task in &started {
            end(&agent, task.id()).await;
        }
        vec![("stats.cpu", per(used.0)), ("stats.cpu.podman", per(used.1))]
    })
    .await;
}
