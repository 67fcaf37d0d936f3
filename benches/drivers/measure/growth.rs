//! The same at 1 to 10,000 tasks, on the memory runtime: what is the driver's own must not grow with their number.

use super::watch;
use crate::agent::Agent;
use crate::args::Args;
use crate::board::Board;
use crate::machine::{self, Meter};
use crate::session::Session;
use crate::turns::{Figures, in_turn};
use futures_util::{StreamExt, stream};
use nomad_driver_podman::adapters::nomad::proto::driver::TaskConfig;
use serde_json::json;
use std::rc::Rc;
use std::time::Duration;

/// Callers at once, as an agent that is given a large job has them.
const CALLERS: usize = 16;
/// Tasks that come and go beside those that are there.
const GUESTS: usize = 500;
/// How long processor time is added up.
const SECONDS: u32 = 6;
const INTERVAL: Duration = Duration::from_secs(1);
const SETTLED: Duration = Duration::from_secs(2);

/// Names of the samples of one size.
struct Size {
    tasks: usize,
    start: &'static str,
    end: &'static str,
    each: &'static str,
    rss: &'static str,
    idle: &'static str,
    stats: &'static str,
    busy: &'static str,
}

macro_rules! size {
    ($tasks:literal) => {
        Size {
            tasks: $tasks,
            start: concat!("grow.start.", $tasks),
            end: concat!("grow.end.", $tasks),
            each: concat!("grow.each.", $tasks),
            rss: concat!("grow.rss.", $tasks),
            idle: concat!("grow.idle.", $tasks),
            stats: concat!("grow.stats.", $tasks),
            busy: concat!("grow.busy.", $tasks),
        }
    };
}

const SIZES: [Size; 5] = [size!(1), size!(10), size!(100), size!(1000), size!(10000)];

/// The driver of this repository only: no other has that runtime.
pub async fn all(args: &Args, board: &Board) {
    let ours = Board::new(vec![board.sides[0].clone()]);
    let sizes = if args.quick { &SIZES[..4] } else { &SIZES[..] };
    for size in sizes {
        in_turn(&ours, "growth", 1, "memory", async |session, _| Box::pin(grow(session, size)).await).await;
    }
    board.take_over(0, ours);
}

async fn grow(session: &Session, size: &Size) -> Figures {
    // Log FIFOs would take more files than a harness may have open.
    let agent = session.agent_with(json!({ "disable_log_collection": true })).await;
    guests(session, &agent).await;
    let empty = machine::memory(&session.pids()).anonymous;
    let tasks = size.tasks as f64;
    let ids = start(&agent, configs(session, &agent, size.tasks).await).await;
    ids.iter().for_each(|id| drop(watch(&agent, id, None)));
    tokio::time::sleep(SETTLED).await;
    let memory = machine::memory(&session.pids());
    let idle = used(session).await;
    let (start, end) = guests(session, &agent).await;
    ids.iter().for_each(|id| drop(watch(&agent, id, Some(INTERVAL))));
    tokio::time::sleep(SETTLED).await;
    let stats = used(session).await;
    end_all(&agent, &ids).await;
    vec![
        (size.start, start),
        (size.end, end),
        (size.each, (memory.anonymous - empty) / tasks),
        (size.rss, memory.rss / 1024.0),
        (size.idle, idle * 100.0),
        (size.stats, stats * 1e6 / tasks),
        (size.busy, stats * 100.0),
    ]
}

/// Microseconds of processor time for a StartTask, and for an end from StopTask to removed, beside whatever is there.
async fn guests(session: &Session, agent: &Rc<Agent>) -> (f64, f64) {
    let configs = configs(session, agent, GUESTS).await;
    let each = |meter: Meter| meter.used().as_secs_f64() * 1e6 / GUESTS as f64;
    let meter = Meter::start(session.pids());
    let ids = start(agent, configs).await;
    let started = each(meter);
    let meter = Meter::start(session.pids());
    end_all(agent, &ids).await;
    (started, each(meter))
}

async fn start(agent: &Agent, configs: Vec<TaskConfig>) -> Vec<String> {
    let ids = configs.iter().map(|config| config.id.clone()).collect();
    let starting = stream::iter(configs).map(|config| agent.start_config(config));
    starting.buffer_unordered(CALLERS).for_each(async |started| drop(started.unwrap())).await;
    ids
}

async fn configs(session: &Session, agent: &Agent, tasks: usize) -> Vec<TaskConfig> {
    let mut configs = Vec::new();
    for _ in 0..tasks {
        let task = session.lab.task_without_collectors(super::IDLE);
        configs.push(agent.config_of(&task).await);
    }
    configs
}

/// Share of one core over a while.
async fn used(session: &Session) -> f64 {
    let meter = Meter::start(session.pids());
    tokio::time::sleep(INTERVAL * SECONDS).await;
    meter.used().as_secs_f64() / f64::from(SECONDS)
}

async fn end_all(agent: &Agent, ids: &[String]) {
    let ending = stream::iter(ids).map(|id| super::end(agent, id));
    ending.buffer_unordered(CALLERS).for_each(async |()| {}).await;
}
