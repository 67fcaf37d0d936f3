//! A hundred tasks: how fast they come, what they cost while they are there, how fast they are found again.

use super::{IDLE, watch};
use crate::args::Args;
use crate::board::Board;
use crate::machine;
use crate::session::Session;
use crate::turns::{Figures, in_turn};
use futures_util::{StreamExt, stream};
use nomad_driver_podman::adapters::nomad::proto::driver::TaskHandle;
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_secs(1);
/// For the streams to come up and memory to settle.
const SETTLED: Duration = Duration::from_secs(2);
const SECONDS: u32 = 10;

pub async fn all(args: &Args, board: &Board) {
    // Callers at once, and the tasks they start; the first ten also make the driver touch what it will need.
    let steps: [(&'static str, usize, usize); 3] = match args.quick {
        true => [("rate.1", 1, 5), ("rate.4", 4, 5), ("rate.16", 16, 10)],
        false => [("rate.1", 1, 10), ("rate.4", 4, 30), ("rate.16", 16, 60)],
    };
    in_turn(board, "population", 1, "podman", async |session, _| {
        let (mut handles, mut figures) = (Vec::new(), Vec::new());
        let mut few = 0.0;
        for (name, callers, tasks) in steps {
            figures.push((name, Box::pin(start(session, callers, tasks, &mut handles)).await));
            if callers == 1 {
                few = anonymous(session).await;
            }
        }
        let many = anonymous(session).await;
        figures.push(("many.each", (many - few) / (handles.len() - steps[0].2) as f64));
        figures.push(("many.rss", machine::memory(&session.pids().await).rss / 1024.0));
        figures.extend(Box::pin(cost(session, handles.len())).await);
        figures.push(("recover", Box::pin(recover(session, &handles)).await));
        Box::pin(end(session, &handles)).await;
        figures
    })
    .await;
}

/// Tasks a second.
async fn start(session: &Session, callers: usize, tasks: usize, handles: &mut Vec<TaskHandle>) -> f64 {
    let agent = session.agent().await;
    let mut configs = Vec::new();
    for _ in 0..tasks {
        configs.push(agent.config_of(&session.silent_task(IDLE)).await);
    }
    let before = Instant::now();
    let starting = stream::iter(configs).map(|config| agent.start_config(config)).buffer_unordered(callers);
    let started: Vec<_> = starting.map(Result::unwrap).collect().await;
    let rate = tasks as f64 / before.elapsed().as_secs_f64();
    for handle in &started {
        watch(&agent, &handle.config.as_ref().unwrap().id, Some(INTERVAL));
    }
    handles.extend(started);
    rate
}

async fn anonymous(session: &Session) -> f64 {
    tokio::time::sleep(SETTLED).await;
    machine::memory(&session.pids().await).anonymous
}

async fn cost(session: &Session, tasks: usize) -> Figures {
    let (plugin, podman) = (session.pids().await, session.podman());
    let before = (machine::cpu(&plugin), machine::cpu(&podman));
    tokio::time::sleep(INTERVAL * SECONDS).await;
    let used = (machine::cpu(&plugin) - before.0, machine::cpu(&podman) - before.1);
    let per = |used: Duration| used.as_secs_f64() * 1e3 / (tasks as f64 * f64::from(SECONDS));
    vec![("many.cpu", per(used.0)), ("many.cpu.podman", per(used.1))]
}

/// Kills the plugin and gives the next one all handles, one after the other as an agent does that was restarted.
async fn recover(session: &Session, handles: &[TaskHandle]) -> f64 {
    session.kill_plugin().await;
    let agent = session.agent().await;
    let before = Instant::now();
    for handle in handles {
        agent.recover(handle).await.unwrap();
    }
    super::ms(before)
}

async fn end(session: &Session, handles: &[TaskHandle]) {
    let agent = session.agent().await;
    let ids = handles.iter().map(|handle| handle.config.as_ref().unwrap().id.as_str());
    let ending = stream::iter(ids).map(|id| super::end(&agent, id)).buffer_unordered(4);
    ending.for_each(async |()| {}).await;
}
