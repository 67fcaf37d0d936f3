//! The same at 1 to 10,000 tasks, on the memory runtime: what is the driver's own must not grow with their number.

use super::{INTERVAL, settle_long, watch};
use crate::agent::Agent;
use crate::args::Args;
use crate::board::Board;
use crate::machine;
use crate::meter::Meter;
use crate::session::Session;
use crate::turns::Turns;
use futures_util::{StreamExt, stream};
use nomad_driver_podman::adapters::nomad::proto::driver::TaskConfig;
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;

/// Callers at once, as an agent that is given a large job has them.
const CALLERS: usize = 16;
/// Tasks that come and go beside those that are there.
const GUESTS: usize = 500;
/// Tasks for warming up: few, since memory that they leave free is memory that others are not seen to need.
const FIRST: usize = 16;
/// How often they do, by turns with other sizes.
const WAVES: usize = 6;
/// How often all of it.
const ROUNDS: usize = 3;
/// How long processor time is added up.
const SECONDS: u32 = 6;

/// Names of the samples of one size.
struct Size {
    tasks: usize,
    /// Log collection, as every task has it unless the operator says otherwise. With 10,000 tasks a harness would
    /// need more open files than it may have.
    logs: bool,
    start: &'static str,
    end: &'static str,
    each: &'static str,
    rss: &'static str,
    rss_busy: &'static str,
    idle: &'static str,
    stats: &'static str,
    busy: &'static str,
}

macro_rules! size {
    ($name:literal, $tasks:literal, $logs:literal) => {
        Size {
            tasks: $tasks,
            logs: $logs,
            start: concat!($name, ".start.", $tasks),
            end: concat!($name, ".end.", $tasks),
            each: concat!($name, ".each.", $tasks),
            rss: concat!($name, ".rss.", $tasks),
            rss_busy: concat!($name, ".rss.busy.", $tasks),
            idle: concat!($name, ".idle.", $tasks),
            stats: concat!($name, ".stats.", $tasks),
            busy: concat!($name, ".busy.", $tasks),
        }
    };
}

const SIZES: [Size; 6] = [
    size!("grow", 1, true),
    size!("grow", 10, true),
    size!("grow", 100, true),
    size!("grow", 1000, true),
    size!("mute", 1000, false),
    size!("mute", 10000, false),
];
/// Of them for a first look: those that need few files and little time.
const QUICK: usize = 3;

/// The driver of this repository only: no other has that runtime. All sizes are there at once, each in a plugin of its
/// own, and take turns with what is short: a busy minute of the machine, and its faster half hour, is not one size's.
pub async fn all(args: &Args, board: &Board) {
    let sizes = &SIZES[..args.many(SIZES.len(), QUICK)];
    let waves = args.many(WAVES, 1);
    for _ in 0..args.many(ROUNDS, 1) {
        let ours = Board::new(vec![board.sides[0].clone(); sizes.len()]);
        let turns = Turns::of("growth").on("memory").rounds(waves + 2);
        let staying: Vec<_> = sizes.iter().map(|_| RefCell::default()).collect();
        let turn = async |session: &Session, number: usize| {
            let (size, ids) = (&sizes[session.place], &staying[session.place]);
            match number {
                0 => drop(ids.replace(Box::pin(grow(session, size)).await)),
                number if number <= waves => Box::pin(wave(session, size)).await,
                _ => Box::pin(sampled(session, size, &ids.take())).await,
            }
        };
        turns.run(&ours, turn).await;
        board.take_over(0, ours);
    }
}

/// The tasks that stay; what they take while nobody looks on.
async fn grow(session: &Session, size: &Size) -> Vec<String> {
    let agent = agent(session, size).await;
    guests(session, &agent, size, FIRST).await;
    // The first tasks take what the guests left free, and a look before them would not see what they need.
    let tenth = size.tasks / 10;
    let mut ids = population(session, &agent, size, tenth).await;
    let few = machine::memory(&session.pids());
    ids.append(&mut population(session, &agent, size, size.tasks - tenth).await);
    let memory = machine::memory(&session.pids());
    session.note(size.each, (memory.anonymous - few.anonymous) / (size.tasks - tenth) as f64);
    session.note(size.rss, memory.rss / 1024.0);
    session.note(size.idle, used(session).await * 100.0);
    ids
}

/// Some come and go beside them.
async fn wave(session: &Session, size: &Size) {
    let (started, ended) = guests(session, &agent(session, size).await, size, GUESTS).await;
    session.note(size.start, started);
    session.note(size.end, ended);
}

/// What they take while their usage is asked for; then they end, so that it is quiet for the next size.
async fn sampled(session: &Session, size: &Size, ids: &[String]) {
    let agent = agent(session, size).await;
    ids.iter().for_each(|id| drop(watch(&agent, id, Some(INTERVAL))));
    settle_long().await;
    let stats = used(session).await;
    session.note(size.stats, stats * 1e6 / size.tasks as f64);
    session.note(size.busy, stats * 100.0);
    session.note(size.rss_busy, machine::memory(&session.pids()).rss / 1024.0);
    end_all(&agent, ids).await;
    session.let_go_but(0);
    session.kill_plugin().await;
}

async fn agent(session: &Session, size: &Size) -> Rc<Agent> {
    session.agent_with(json!({ "disable_log_collection": !size.logs })).await
}

/// Tasks that stay, each with a WaitTask.
async fn population(session: &Session, agent: &Rc<Agent>, size: &Size, tasks: usize) -> Vec<String> {
    let ids = start(agent, configs(session, agent, tasks, size.logs).await).await;
    ids.iter().for_each(|id| drop(watch(agent, id, None)));
    settle_long().await;
    ids
}

/// Microseconds of processor time for a StartTask, and for an end from StopTask to removed, beside whatever is there.
async fn guests(session: &Session, agent: &Rc<Agent>, size: &Size, guests: usize) -> (f64, f64) {
    let held = session.held();
    let configs = configs(session, agent, guests, size.logs).await;
    let each = |meter: Meter| meter.used().as_secs_f64() * 1e6 / guests as f64;
    let meter = session.meter();
    let ids = start(agent, configs).await;
    let started = each(meter);
    let meter = session.meter();
    end_all(agent, &ids).await;
    let ended = each(meter);
    session.let_go_but(held);
    (started, ended)
}

async fn start(agent: &Agent, configs: Vec<TaskConfig>) -> Vec<String> {
    let ids = configs.iter().map(|config| config.id.clone()).collect();
    let starting = stream::iter(configs).map(|config| agent.start_config(config));
    starting.buffer_unordered(CALLERS).for_each(async |started| drop(started.unwrap())).await;
    ids
}

async fn configs(session: &Session, agent: &Agent, tasks: usize, logs: bool) -> Vec<TaskConfig> {
    let mut configs = Vec::new();
    for _ in 0..tasks {
        let task = match logs {
            true => session.silent_task(super::IDLE),
            false => session.lab.task_without_collectors(super::IDLE),
        };
        configs.push(agent.config_of(&task).await);
    }
    configs
}

/// Share of one core over a while.
async fn used(session: &Session) -> f64 {
    let used = session.meters().over(INTERVAL * SECONDS).await;
    used.driver.as_secs_f64() / f64::from(SECONDS)
}

async fn end_all(agent: &Agent, ids: &[String]) {
    let ending = stream::iter(ids).map(|id| super::end(agent, id));
    ending.buffer_unordered(CALLERS).for_each(async |()| {}).await;
}
