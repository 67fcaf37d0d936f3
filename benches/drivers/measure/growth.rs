//! The same at 1 to 10,000 tasks, on the memory runtime: what is the driver's own must not grow with their number.

use super::watch;
use crate::agent::Agent;
use crate::args::Args;
use crate::board::{Board, Side};
use crate::machine;
use crate::session::Session;
use crate::turns::{Figures, in_turn};
use futures_util::{StreamExt, stream};
use nomad_driver_podman::adapters::nomad::proto::driver::TaskConfig;
use serde_json::json;
use std::rc::Rc;
use std::time::Duration;

/// Callers at once, as an agent that is given a large job has them.
const CALLERS: usize = 16;
/// How long processor time is added up; it is counted in hundredths of a second.
const SECONDS: u32 = 10;
const INTERVAL: Duration = Duration::from_secs(1);
const SETTLED: Duration = Duration::from_secs(2);

/// Names of the samples of one size.
struct Size {
    tasks: usize,
    start: &'static str,
    each: &'static str,
    rss: &'static str,
    idle: &'static str,
    stats: &'static str,
    end: &'static str,
}

macro_rules! size {
    ($tasks:literal) => {
        Size {
            tasks: $tasks,
            start: concat!("grow.start.", $tasks),
            each: concat!("grow.each.", $tasks),
            rss: concat!("grow.rss.", $tasks),
            idle: concat!("grow.idle.", $tasks),
            stats: concat!("grow.stats.", $tasks),
            end: concat!("grow.end.", $tasks),
        }
    };
}

const SIZES: [Size; 5] = [size!(1), size!(10), size!(100), size!(1000), size!(10000)];

/// The driver of this repository only: no other has that runtime.
pub async fn all(args: &Args, board: &Board) {
    let ours = Board::new(vec![Side { ..board.sides[0].clone() }]);
    let sizes = if args.quick { &SIZES[..4] } else { &SIZES[..] };
    for size in sizes {
        in_turn(&ours, "growth", 1, "memory", async |session, _| grow(session, size).await).await;
    }
    board.take_over(0, ours);
}

async fn grow(session: &Session, size: &Size) -> Figures {
    // Log FIFOs would take more files than a harness may have open.
    let agent = session.agent_with(json!({ "disable_log_collection": true })).await;
    let configs = configs(session, &agent, size.tasks).await;
    let ids: Vec<String> = configs.iter().map(|config| config.id.clone()).collect();
    let empty = machine::memory(&session.pids().await).anonymous;
    let tasks = size.tasks as f64;

    let before = machine::cpu(&session.pids().await);
    let mut starting =
        stream::iter(configs).map(|config| agent.start_config(config)).buffer_unordered(CALLERS);
    while let Some(started) = starting.next().await {
        started.unwrap();
    }
    let start = (machine::cpu(&session.pids().await) - before).as_secs_f64() * 1e6 / tasks;
    ids.iter().for_each(|id| drop(watch(&agent, id, None)));
    tokio::time::sleep(SETTLED).await;
    let memory = machine::memory(&session.pids().await);
    let idle = used(session).await / f64::from(SECONDS) * 100.0;
    ids.iter().for_each(|id| drop(watch(&agent, id, Some(INTERVAL))));
    tokio::time::sleep(SETTLED).await;
    let stats = used(session).await * 1e6 / (tasks * f64::from(SECONDS));
    vec![
        (size.start, start),
        (size.each, (memory.anonymous - empty) / tasks),
        (size.rss, memory.rss / 1024.0),
        (size.idle, idle),
        (size.stats, stats),
        (size.end, end(session, &agent, &ids).await),
    ]
}

async fn configs(session: &Session, agent: &Agent, tasks: usize) -> Vec<TaskConfig> {
    let mut configs = Vec::new();
    for _ in 0..tasks {
        let task = session.lab.task_without_collectors(super::IDLE);
        configs.push(agent.config_of(&task).await);
    }
    configs
}

/// Processor seconds over a while.
async fn used(session: &Session) -> f64 {
    let plugin = session.pids().await;
    let before = machine::cpu(&plugin);
    tokio::time::sleep(INTERVAL * SECONDS).await;
    (machine::cpu(&plugin) - before).as_secs_f64()
}

/// Microseconds of processor time per task from StopTask to removed.
async fn end(session: &Session, agent: &Rc<Agent>, ids: &[String]) -> f64 {
    let before = machine::cpu(&session.pids().await);
    let ending = stream::iter(ids).map(|id| super::end(agent, id));
    ending.buffer_unordered(CALLERS).for_each(async |()| {}).await;
    (machine::cpu(&session.pids().await) - before).as_secs_f64() * 1e6 / ids.len() as f64
}
