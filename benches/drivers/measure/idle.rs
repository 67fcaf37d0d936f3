//! What twenty tasks that do nothing cost per second, with the agent looking on once a second.

use super::{IDLE, watch};
use crate::args::Args;
use crate::board::Board;
use crate::machine;
use crate::turns::in_turn;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(1);
/// For the streams to come up.
const SETTLED: Duration = Duration::from_secs(2);

pub async fn all(args: &Args, board: &Board) {
    let tasks = args.many(20, 5);
    let seconds = args.many(30, 5);
    in_turn(board, "stats", args.many(2, 1), "podman", async |session, round| {
        let agent = session.agent().await;
        if round == 0 {
            for _ in 0..tasks {
                let task = session.silent_task(IDLE);
                agent.start(&task).await.unwrap();
                watch(&agent, task.id(), Some(INTERVAL));
            }
            tokio::time::sleep(SETTLED).await;
        }
        let (plugin, podman) = (session.pids().await, session.podman());
        let before = (machine::cpu(&plugin), machine::cpu(&podman));
        tokio::time::sleep(INTERVAL * u32::try_from(seconds).unwrap()).await;
        let per = |used: Duration| used.as_secs_f64() * 1e3 / (tasks * seconds) as f64;
        let used = (machine::cpu(&plugin) - before.0, machine::cpu(&podman) - before.1);
        vec![("stats.cpu", per(used.0)), ("stats.cpu.podman", per(used.1))]
    })
    .await;
}
