//! The course of one world: it is made, goes wrong, calms down, and must come to rest.

use super::aftermath::FOREIGN;
use super::clock::VirtualClock;
use super::disaster::{self, FOREIGN_IMAGE};
use super::fault::Fault;
use super::logs::TraceLog;
use super::panics;
use super::plan::Plan;
use super::rng::Rng;
use super::rpc::{Verb, rpc};
use super::runner::Runner;
use super::task::SimTask;
use super::weather::Planned;
use super::world::World;
use crate::domain::fingerprint::Health;
use crate::domain::task::identity::ContainerName;
use crate::ports::clock::within;
use crate::ports::{Clock, ContainerRuntime};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const MINUTE: Duration = Duration::from_secs(60);

/// Time from the end of the faults in which every task must have come to its end.
const SETTLE: Duration = Duration::from_secs(3600);

/// Time from then on in which nothing may be left.
const CLEAN: Duration = Duration::from_secs(3600);

/// What came of a world.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Of its trace.
    pub hash: u64,
    /// How long it lasted, in its own time.
    pub simulated: Duration,
    /// Which faults struck, and how often.
    pub struck: BTreeMap<Fault, u64>,
    /// Which planned faults struck.
    pub hit: Vec<Planned>,
    /// What must not be.
    pub violations: Vec<String>,
    /// Its last lines.
    pub timeline: Vec<String>,
}

/// Runs a world on this thread.
///
/// # Errors
/// An executor cannot be made.
pub fn run(plan: &Plan) -> io::Result<Verdict> {
    let mut rng = Rng::new(plan.seed ^ 0x51ed_270b_8a2f_c9d3);
    let clock = Arc::new(VirtualClock::new(rng.fork()));
    let ticking = Arc::clone(&clock);
    let executor =
        tokio::runtime::Builder::new_current_thread().on_thread_park(move || ticking.advance()).build()?;
    let world = World::new(clock, plan.forecast.clone(), plan.config.clone(), &mut rng);
    let log = TraceLog(Arc::clone(&world.trace));
    let panics = panics::so_far();
    tracing::subscriber::with_default(log, || executor.block_on(course(&world, plan, &mut rng)));
    if panics::so_far() > panics {
        world.trace.violation("something panicked");
    }
    Ok(Verdict {
        hash: world.trace.hash(),
        simulated: world.clock.elapsed(),
        struck: world.weather.struck(),
        hit: world.weather.hit(),
        violations: world.trace.violations(),
        timeline: world.trace.timeline(),
    })
}

async fn course(world: &Arc<World>, plan: &Plan, rng: &mut Rng) {
    people(world).await;
    world.truth.guard();
    let mut tasks = JoinSet::new();
    for task in &plan.tasks {
        tasks.spawn(Runner::new(Arc::clone(world), task.clone(), rng.fork()).play());
    }
    let names: Vec<_> = plan
        .tasks
        .iter()
        .map(|task| ContainerName::of_task(&task.request.meta.task_name, &task.request.meta.alloc_id))
        .collect();
    let fate = tokio::spawn(fate(Arc::clone(world), names, rng.fork()));
    let health = tokio::spawn(health(Arc::clone(world)));
    let early = within(&*world.clock, plan.calm_at, all(&mut tasks)).await.is_ok();
    world.calm_down();
    if !early && rng.permille(500) {
        world.kill_plugin();
    }
    if within(&*world.clock, SETTLE, all(&mut tasks)).await.is_err() {
        world.trace.violation("a task does not come to its end though nothing goes wrong any more");
    }
    fate.abort();
    // A node goes on: its driver has to have been given a task to know whose leftovers are whose.
    if let Some(task) = plan.tasks.first() {
        let last = SimTask::last(world.clock.elapsed(), &task.request.meta, rng);
        Runner::new(Arc::clone(world), last, rng.fork()).succeed().await;
    }
    rest(world).await;
    forgotten(world);
    is_well(world).await;
    health.abort();
    world.end().await;
}

async fn all(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}

/// Other people's containers, which must stay as they are.
async fn people(world: &World) {
    world.podman.add_image(FOREIGN_IMAGE);
    for others in [disaster::foreign(ContainerName::new(FOREIGN)), disaster::of_other_node()] {
        match world.podman.create(&others).await {
            Ok(created) => drop(world.podman.start(&created.id).await),
            Err(error) => world.trace.violation(&format!("the world cannot be made: {error}")),
        }
    }
}

/// Faults that come at no particular moment.
async fn fate(world: Arc<World>, names: Vec<ContainerName>, mut rng: Rng) {
    while !world.weather.is_calm() {
        world.clock.sleep(rng.between(Duration::from_secs(5), 4 * MINUTE)).await;
        let Some(name) = rng.pick(&names) else { return };
        if let Some(fault) = world.weather.out_of_the_blue() {
            disaster::strike(&world, fault, world.truth.id_of(name), name);
        }
    }
}

/// The host asks how the driver is for as long as it lives.
async fn health(world: Arc<World>) {
    while let Ok(plugin) = world.plugin().await {
        while let Some(report) = rpc(&world, &plugin, Verb::Fingerprint, plugin.driver.fingerprint()).await {
            world.trace.tell("nomad", &format!("health: {:?}", report.health));
            let pause = world.clock.sleep(5 * MINUTE);
            if rpc(&world, &plugin, Verb::Wait, pause).await.is_none() {
                break;
            }
        }
    }
}

/// Of a container that is gone nothing is noted any more, save what nobody was there to see.
fn forgotten(world: &World) {
    let mut marked = world.collector.marked();
    marked.retain(|id| world.truth.is_removed(id) && !world.truth.is_tampered(id));
    if !marked.is_empty() {
        world.trace.violation(&format!("it is noted how far the logs of {marked:?} got, which are gone"));
    }
}

/// The driver that nothing troubles any more is healthy.
async fn is_well(world: &Arc<World>) {
    let Ok(plugin) = world.plugin().await else { return };
    let report = rpc(world, &plugin, Verb::Fingerprint, plugin.driver.fingerprint()).await;
    if report.as_ref().is_none_or(|report| report.health != Health::Healthy) {
        world.trace.violation(&format!("at rest the driver is {:?}", report.map(|report| report.health)));
    }
}

/// At rest nothing of ours may be left, save what the operator wants to keep.
async fn rest(world: &Arc<World>) {
    let clean = async {
        while !leaks(world).is_empty() {
            world.clock.sleep(MINUTE).await;
        }
    };
    if within(&*world.clock, CLEAN, clean).await.is_err() {
        world.trace.violation(&format!("containers are left: {:?}", leaks(world)));
    }
}

fn leaks(world: &World) -> Vec<String> {
    let mut left = world.truth.ours(world.keeps_containers());
    // A container that is kept may be started again by whom it is kept for.
    left.retain(|id| !world.keeps_containers() || !world.truth.is_tampered(id));
    left.iter().filter_map(|id| world.truth.task_of(id)).map(|task| task.to_string()).collect()
}
