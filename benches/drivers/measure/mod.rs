//! What is measured: one file per measurement, each in turn for all drivers.
//!
//! Each gives named samples; `rows` makes figures of them. Must not live here: a goal.

mod ending;
mod exec;
mod flood;
mod footprint;
mod growth;
mod idle;
mod population;
mod simulator;
mod splitter;
mod start;
mod start_podman1;
mod validate;

use crate::agent::Agent;
use crate::args::Args;
use crate::board::Board;
use nomad_driver_podman::adapters::nomad::proto::driver;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// A program that does nothing and is one process.
const IDLE: &str = "forever";
/// How often the agent looks at a task's usage.
const INTERVAL: Duration = Duration::from_secs(1);
/// Long enough for Podman to have finished what a start or an end leaves behind, which nobody tells.
const SETTLED: Duration = Duration::from_millis(300);
/// For streams to come up and memory to settle.
const SETTLED_LONG: Duration = Duration::from_secs(2);
/// Between a signal that cannot be ignored and the same once more.
const GRACE: Duration = Duration::from_secs(5);

/// Everything that was asked for.
pub async fn all(args: &Args, board: &Board) {
    footprint::all(args, board).await;
    match crate::arm::Arm::find("podman") {
        Ok(_) => on_podman(args, board).await,
        Err(reason) => board.skip(format!("what needs a Podman: {reason}")),
    }
    if args.wants("splitter") {
        splitter::all(args, board);
    }
    if args.wants("validate") {
        validate::all(args, board);
    }
    if args.wants("growth") {
        growth::all(args, board).await;
    }
    if args.wants("simulator") {
        simulator::all(args, board);
    }
}

/// Exec comes last: some versions of Podman keep what they know of each command until its container is gone.
async fn on_podman(args: &Args, board: &Board) {
    if args.wants("start") {
        start::all(args, board).await;
        start_podman1::all(args, board).await;
    }
    if args.wants("exit") {
        ending::exit(args, board).await;
    }
    if args.wants("stop") {
        ending::stop(args, board).await;
    }
    if args.wants("stats") {
        idle::all(args, board).await;
    }
    if args.wants("logs") {
        flood::all(args, board).await;
    }
    if args.wants("population") {
        population::all(args, board).await;
    }
    if args.thousand {
        population::thousand(args, board).await;
    }
    if args.wants("exec") {
        exec::all(args, board).await;
    }
}

/// Both halves of a round, each after a rest, in an order that changes from round to round: what the first leaves
/// behind slows each of them down as often as the other.
async fn both(
    number: usize,
    ours: impl Future<Output = f64>,
    theirs: impl Future<Output = f64>,
) -> (f64, f64) {
    if number.is_multiple_of(2) {
        let theirs = after_rest(theirs).await;
        (after_rest(ours).await, theirs)
    } else {
        let ours = after_rest(ours).await;
        (ours, after_rest(theirs).await)
    }
}

/// StartTask, in milliseconds; the task is ended and removed after that.
async fn start_through(agent: &Agent, config: driver::TaskConfig) -> f64 {
    let id = config.id.clone();
    let before = Instant::now();
    agent.start_config(config).await.unwrap();
    let elapsed = ms(before);
    end(agent, &id).await;
    elapsed
}

async fn after_rest(half: impl Future<Output = f64>) -> f64 {
    settle().await;
    half.await
}

async fn settle() {
    tokio::time::sleep(SETTLED).await;
}

async fn settle_long() {
    tokio::time::sleep(SETTLED_LONG).await;
}

/// What the agent keeps open for a task that runs: a WaitTask and, with an interval, a TaskStats. Ends with the
/// connection.
fn watch(agent: &Rc<Agent>, id: &str, interval: Option<Duration>) -> Vec<JoinHandle<()>> {
    let (mut client, request) =
        (agent.host().driver.clone(), driver::WaitTaskRequest { task_id: id.to_owned() });
    let waiting = tokio::spawn(async move { drop(client.wait_task(request).await) });
    let Some(interval) = interval else { return vec![waiting] };
    let collection_interval = Some(interval.try_into().unwrap());
    let (mut client, task_id) = (agent.host().driver.clone(), id.to_owned());
    let sampling = tokio::spawn(async move {
        let request = driver::TaskStatsRequest { task_id, collection_interval };
        let Ok(samples) = client.task_stats(request).await else { return };
        let mut samples = samples.into_inner();
        while let Ok(Some(_)) = samples.message().await {}
    });
    vec![waiting, sampling]
}

/// Ends a task as the agent does: StopTask, WaitTask, DestroyTask. Some drivers hang in a DestroyTask by force.
async fn end(agent: &Agent, id: &str) {
    agent.stop(id, GRACE, "SIGKILL").await.unwrap();
    drop(agent.wait(id).await.unwrap());
    agent.destroy(id, false).await.unwrap();
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
