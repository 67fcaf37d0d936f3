//! What goes wrong in the world, beside the driver and its host.

use super::fault::{Fault, Moment};
use super::locked;
use super::rng::Rng;
use super::task::SimTask;
use super::world::World;
use crate::domain::container::{ContainerSpec, labels};
use crate::domain::image::ImageRef;
use crate::domain::signal::Signal;
use crate::domain::task::TaskId;
use crate::domain::task::identity::{ContainerId, ContainerName};
use crate::ports::{Clock, ContainerRuntime};
use futures_util::FutureExt;
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// How long Podman stays away when it does not only restart.
const AWAY: Duration = Duration::from_secs(600);

/// The image of other people's containers.
pub const FOREIGN_IMAGE: &str = "localhost/foreign";

/// Does what the weather has for this moment of the task with this container name.
pub fn at(world: &Arc<World>, moment: Moment, name: &ContainerName) {
    // Two planned faults can wait at the same moment.
    while let Some(fault) = world.weather.in_world(moment) {
        let id = world.truth.id_of(name);
        strike(world, fault, id, name);
        if !world.weather.is_planned() {
            return;
        }
    }
}

/// Lets a fault of the world strike, on this container if it needs one.
pub fn strike(world: &Arc<World>, fault: Fault, id: Option<ContainerId>, name: &ContainerName) {
    world.trace.tell("FAULT", &format!("{} {name}", fault.name()));
    let mut rng = world.weather.draw();
    match (fault, id) {
        (Fault::PodmanRestart, _) => outage(world, rng.between(SECOND, 30 * SECOND)),
        (Fault::PodmanAway, _) => outage(world, AWAY),
        (Fault::Reboot, _) => reboot(world, rng.between(10 * SECOND, MINUTE)),
        (Fault::PluginKilled, _) => world.kill_plugin(),
        (Fault::ClockJump, _) => jump(world, &mut rng),
        (Fault::NameTaken, _) => spawn(take_name(Arc::clone(world), name.clone())),
        (Fault::LogReaderStuck, _) => {
            locked(&world.log_trouble).stuck_until = world.clock.elapsed() + rng.between(MINUTE, 10 * MINUTE);
        }
        (Fault::LogReaderGone, _) => {
            locked(&world.log_trouble).gone_until = world.clock.elapsed() + rng.between(SECOND, 2 * MINUTE);
        }
        (_, Some(id)) => on_container(world, fault, id, &mut rng),
        (_, None) => world.trace.tell("world", "there is no container to strike"),
    }
}

fn on_container(world: &Arc<World>, fault: Fault, id: ContainerId, rng: &mut Rng) {
    let podman = &world.podman;
    // What cannot be done, such as killing what has ended, is not done.
    match fault {
        Fault::ConmonKilled if podman.lose_record(&id).is_ok() => world.truth.tampered(&id),
        Fault::OutOfMemory => drop(podman.kill_for_memory(&id)),
        Fault::HumanPause if podman.pause(&id).is_ok() => {
            let pause = rng.between(SECOND, 20 * MINUTE);
            let held = Arc::clone(world);
            spawn(async move {
                held.clock.sleep(pause).await;
                drop(held.podman.unpause(&id));
            });
        }
        Fault::HumanRemove => {
            world.truth.tampered(&id);
            let held = Arc::clone(world);
            spawn(async move { drop(held.podman.remove(&id).await) });
        }
        Fault::HumanKill => {
            let held = Arc::clone(world);
            spawn(async move { drop(held.podman.signal(&id, Signal::KILL).await) });
        }
        Fault::HumanRestart if world.truth.runs(&id) => {
            world.truth.tampered(&id);
            spawn(restart(Arc::clone(world), id));
        }
        _ => {}
    }
}

fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    // In a box: what tokio needs for one kind of future is a lot of code, and these are many kinds.
    drop(tokio::spawn(work.boxed()));
}

async fn restart(world: Arc<World>, id: ContainerId) {
    if world.podman.signal(&id, Signal::KILL).await.is_ok()
        && world.podman.wait(&id).await.is_ok()
        && world.podman.start(&id).await.is_ok()
    {
        world.trace.tell("human", "restarted it");
    }
}

fn outage(world: &Arc<World>, length: Duration) {
    world.podman.crash();
    let held = Arc::clone(world);
    spawn(async move {
        held.clock.sleep(length).await;
        held.trace.tell("world", "Podman is back");
        held.podman.restart();
    });
}

/// Everything dies; then the machine, Podman and the host's agent come back.
fn reboot(world: &Arc<World>, length: Duration) {
    world.truth.rebooted();
    world.collector.reboot();
    world.podman.reboot();
    world.kill_plugin();
    outage(world, length);
}

fn jump(world: &Arc<World>, rng: &mut Rng) {
    let day = rng.between(SECOND, 24 * 60 * MINUTE);
    let nanos = i64::try_from(day.as_nanos()).unwrap_or(i64::MAX);
    world.clock.jump(if rng.permille(500) { nanos } else { -nanos });
}

/// Somebody else's container, by this name if it is free.
async fn take_name(world: Arc<World>, name: ContainerName) {
    let foreign = foreign(name);
    if let Ok(created) = world.podman.create(&foreign).await {
        world.clock.sleep(MINUTE).await;
        // Its owner has noticed.
        world.truth.tampered(&created.id);
        drop(world.podman.remove(&created.id).await);
    }
}

/// A container of this driver on another node, whose Podman happens to be the same: it has our labels but one.
pub fn of_other_node() -> ContainerSpec {
    let mut task = SimTask::planned(true, &mut Rng::new(2)).request;
    task.meta.node_id = "node-2".to_owned();
    task.id = TaskId::new(format!("{}/web/00000001", task.meta.alloc_id));
    let name = ContainerName::of_task(&task.meta.task_name, &task.meta.alloc_id);
    ContainerSpec { labels: labels::of_task(&task), ..foreign(name) }
}

/// A container that is not ours.
pub fn foreign(name: ContainerName) -> ContainerSpec {
    ContainerSpec {
        command: vec!["program".to_owned(), "forever".to_owned()],
        labels: [("owner", "somebody")].into_iter().collect(),
        ..ContainerSpec::new(name, ImageRef::parse(FOREIGN_IMAGE).unwrap_or_default())
    }
}
