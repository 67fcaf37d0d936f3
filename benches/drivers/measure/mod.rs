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
mod start;
mod start_podman1;

use crate::agent::Agent;
use crate::args::Args;
use crate::board::Board;
use nomad_driver_podman::adapters::nomad::proto::driver;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// A program that does nothing and is one process.
const IDLE: &str = "forever";
/// Between a signal that cannot be ignored and the same once more.
const GRACE: Duration = Duration::from_secs(5);

/// Everything that was asked for.
pub async fn all(args: &Args, board: &Board) {
    footprint::all(args, board).await;
    match crate::arm::Arm::find("podman") {
        Ok(_) => on_podman(args, board).await,
        Err(reason) => board.skip(format!("what needs a Podman: {reason}")),
    }
    if args.wants("growth") {
        growth::all(args, board).await;
    }
    if args.wants("simulator") {
        simulator::all(args, board);
    }
}

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
    if args.wants("exec") {
        exec::all(args, board).await;
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
