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

/// Names of what is seen of a population.
struct Size {
    rss: &'static str,
    driver: &'static str,
    podman: &'static str,
}

const FEW: Size = Size { rss: "few.rss", driver: "few.cpu", podman: "few.cpu.podman" };
const MANY: Size = Size { rss: "many.rss", driver: "many.cpu", podman: "many.cpu.podman" };

pub async fn all(args: &Args, board: &Board) {
    // Tasks, by the number of callers at once; the first also make the driver touch what it will need.
    let [one, four, sixteen] = if args.quick { [5, 5, 10] } else { [10, 30, 60] };
    in_turn(board, "population", 1, "podman", async |session, _| {
        let (mut handles, mut figures) = (Vec::new(), Vec::new());
        figures.push(("rate.1", Box::pin(start(session, 1, one, &mut handles)).await));
        let few = look(session, &FEW, handles.len(), &mut figures).await;
        figures.push(("rate.4", Box::pin(start(session, 4, four, &mut handles)).await));
        figures.push(("rate.16", Box::pin(start(session, 16, sixteen, &mut handles)).await));
        let many = look(session, &MANY, handles.len(), &mut figures).await;
        figures.push(("many.each", (many - few) / (four + sixteen) as f64));
        figures.push(("recover", Box::pin(recover(session, &handles)).await));
        Box::pin(end(session, &handles)).await;
        figures
    })
    .await;
}

/// Memory and processor time; returns the anonymous KiB.
async fn look(session: &Session, size: &Size, tasks: usize, figures: &mut Figures) -> f64 {
    tokio::time::sleep(SETTLED).await;
    let memory = machine::memory(&session.pids());
    let meters = session.meters();
    tokio::time::sleep(INTERVAL * SECONDS).await;
    let per = |used: Duration| used.as_secs_f64() * 1e3 / (tasks as f64 * f64::from(SECONDS));
    figures.push((size.rss, memory.rss / 1024.0));
    figures.push((size.driver, per(meters.driver.used())));
    figures.push((size.podman, per(meters.podman.used())));
    memory.anonymous
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
