//! What the host does once a plugin has died, or a task has ended: recovers, checks, destroys.

use super::fault::{Fault, Moment};
use super::rpc::{Verb, rpc, told};
use super::runner::{Held, Runner, maybe_twice};
use super::world::Plugin;
use super::{disaster, locked};
use crate::adapters::nomad::convert::state;
use crate::domain::config::Value;
use crate::domain::log::{LogStart, Stream};
use crate::domain::task::identity::{ContainerId, ContainerName};
use crate::domain::task::{ExitOutcome, Handle, Phase, TaskId, TaskRequest};
use crate::driver::DriverError;
use crate::ports::ContainerRuntime;
use crate::ports::clock::within;
use futures_util::StreamExt;
use futures_util::future::join;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Container of somebody else, in every world.
pub const FOREIGN: &str = "somebody";

impl Runner {
    /// Recovers the task with the plugin that lives now; false if that cannot be done, and it is destroyed.
    pub(super) async fn recover(&self, held: &mut Held) -> bool {
        loop {
            let Ok(plugin) = self.world.plugin().await else { return false };
            disaster::at(&self.world, Moment::Recovering, &self.name);
            let handle = match self.stored(held) {
                Ok(handle) => handle,
                Err(reason) => {
                    self.world.trace.tell("nomad", &format!("RecoverTask: {reason}"));
                    self.give_up(&plugin, held.id()).await;
                    return false;
                }
            };
            held.plugin = Arc::clone(&plugin);
            *locked(&held.unread) = None;
            let must = self.world.is_quiet();
            match self.recover_with(&plugin, &held.request, &handle).await {
                None => {}
                Some(Ok(())) => {
                    self.check_recovered(held).await;
                    return true;
                }
                Some(Err(_)) => {
                    if must {
                        self.check_unrecovered(held);
                    }
                    self.give_up(&plugin, held.id()).await;
                    return false;
                }
            }
        }
    }

    async fn recover_with(
        &self,
        plugin: &Plugin,
        request: &TaskRequest,
        handle: &Handle,
    ) -> Option<Result<(), DriverError>> {
        // The host has forgotten the driver's configuration.
        let forgotten = TaskRequest { config: Value::Null, ..request.clone() };
        let twice = self.world.host_fault(Moment::Recovering, Fault::RpcRepeated);
        let recover = || plugin.driver.recover_task(forgotten.clone(), handle);
        if self.world.host_fault(Moment::Recovering, Fault::RpcCancelled) {
            let cancelled = within(&*self.world.clock, self.patience(), recover());
            drop(rpc(&self.world, plugin, Verb::Recover, cancelled).await?);
        }
        if self.world.host_fault(Moment::Recovering, Fault::RpcOverlapping) {
            // All of it: how long the destroy takes is nobody's limit.
            let both = join(recover(), self.end_meanwhile(plugin, &request.id));
            let (recovered, ended) = rpc(&self.world, plugin, Verb::Destroy, both).await?;
            return Some(if ended { Err(DriverError::NotRunning) } else { recovered });
        }
        let answer = rpc(&self.world, plugin, Verb::Recover, maybe_twice(twice, recover)).await?;
        Some(told(&self.world, "RecoverTask", answer))
    }

    /// The stored bytes of a handle, read as the plugin reads them; the weather may have been at them.
    fn stored(&self, held: &Held) -> Result<Handle, String> {
        let (world, weather) = (&self.world, &self.world.weather);
        let mut bytes = held.handle.clone();
        if world.host_fault(Moment::Recovering, Fault::HandleCorrupted) {
            let mut rng = weather.draw();
            let at = usize::try_from(rng.below(bytes.len() as u64)).unwrap_or(0);
            if rng.permille(300) {
                bytes.truncate(at);
            } else if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << rng.below(8);
            }
        }
        let mut handle = state::decode(&bytes).map_err(|error| error.to_string())?;
        if world.host_fault(Moment::Recovering, Fault::HandleSwapped)
            && let Some(foreign) = self.world.truth.foreign(FOREIGN)
        {
            handle.container = foreign;
            handle.name = ContainerName::new(FOREIGN);
        }
        Ok(handle)
    }

    /// What the host does with a task that it cannot have back.
    async fn give_up(&self, plugin: &Plugin, id: &TaskId) {
        let destroyed = rpc(&self.world, plugin, Verb::Destroy, plugin.driver.destroy_task(id, true)).await;
        // If that fails the reaper has it.
        drop(destroyed.map(|answer| told(&self.world, "DestroyTask", answer)));
    }

    /// The end of a task, checked against the truth, and its removal.
    pub(super) async fn conclude(&self, held: &mut Held, outcome: &ExitOutcome) {
        let world = &self.world;
        world.trace.tell("nomad", &format!("ended: {outcome:?}"));
        if let Some(container) = world.truth.made_for(held.id()) {
            world.truth.check_outcome(&container, outcome);
            self.check_output(held, &container).await;
        }
        disaster::at(world, Moment::Ended, &self.name);
        if !held.plugin.life.is_cancelled() {
            self.check_ended(held, outcome).await;
        }
        self.disorder_after(held).await;
        self.destroy(held).await;
    }

    /// The collector got what the task wrote, each byte once and in order, as far as it got.
    async fn check_output(&self, held: &Held, container: &ContainerId) {
        let world = &self.world;
        if world.truth.ran_beyond_a_reboot(container) {
            return;
        }
        let Ok(log) = world.podman.logs(container, LogStart::Beginning).await else { return };
        // One that a person has started again writes on.
        let log = within(&*world.clock, Duration::from_secs(1), log.collect::<Vec<_>>()).await;
        let Ok(batches) = log.unwrap_or_default().into_iter().collect::<Result<Vec<_>, _>>() else { return };
        for stream in [Stream::Stdout, Stream::Stderr] {
            let chunks =
                batches.iter().flat_map(|batch| &batch.chunks).filter(|chunk| chunk.stream == stream);
            let written: Vec<u8> = chunks.flat_map(|chunk| chunk.bytes.iter().copied()).collect();
            let Some(got) = world.collector.of(held.id(), stream) else { return };
            if !batches.is_empty() && !written.starts_with(&got) {
                world.trace.violation(&format!("{stream:?} of a task is torn or doubled"));
            }
            let is_collected = *held.request.dirs.stdout != *Path::new("/dev/null");
            let is_short =
                is_collected && got.len() < written.len() && !world.truth.wrote_beyond_us(container);
            if is_short && !world.collector.may_be_short(held.id()) {
                world.trace.violation(&format!("{stream:?} of a task is short, and nobody was told"));
            }
        }
    }

    /// Wait is repeatable, inspect agrees, stop is idempotent.
    async fn check_ended(&self, held: &Held, outcome: &ExitOutcome) {
        let (world, plugin, id) = (&self.world, &held.plugin, held.id());
        if held.disordered.load(Ordering::Relaxed) {
            return;
        }
        let again = rpc(world, plugin, Verb::Start, plugin.driver.wait_task(id)).await;
        if again.is_some_and(|again| again.as_ref() != Ok(outcome)) {
            world.trace.violation("a second WaitTask has another answer");
        }
        self.check_usage_ends(held).await;
        let status = plugin.driver.inspect_task(id).await.map(|(_, status)| (status.phase, status.outcome));
        if status != Ok((Phase::Exited, Some(outcome.clone()))) {
            world.trace.violation(&format!("InspectTask of an ended task: {status:?}"));
        }
        let stopped = rpc(world, plugin, Verb::Stop, plugin.driver.stop_task(id, Duration::ZERO, None)).await;
        if matches!(stopped, Some(Err(_))) {
            world.trace.violation("StopTask of an ended task failed");
        }
    }

    /// A task that has ended takes no signals.
    async fn disorder_after(&self, held: &Held) {
        if self.world.host_fault(Moment::Ended, Fault::RpcOutOfOrder) {
            let late = held.plugin.driver.signal_task(held.id(), crate::domain::signal::Signal::HUP);
            if let Some(Ok(())) = rpc(&self.world, &held.plugin, Verb::Signal, late).await {
                self.world.trace.violation("a task that has ended took a signal");
            }
        }
    }

    async fn destroy(&self, held: &mut Held) {
        let world = &self.world;
        let id = held.id().clone();
        let cancelled = world.host_fault(Moment::Ended, Fault::RpcCancelled);
        let twice = world.host_fault(Moment::Ended, Fault::RpcRepeated);
        let Ok(plugin) = world.plugin().await else { return };
        let ended = world.truth.ended_of(&id);
        if cancelled {
            let call = within(&*world.clock, self.patience(), plugin.driver.destroy_task(&id, false));
            drop(rpc(world, &plugin, Verb::Destroy, call).await);
        }
        let call = maybe_twice(twice && !cancelled, || async {
            match plugin.driver.destroy_task(&id, false).await {
                // One of two that were sent at once, or of which the first was given up.
                Err(DriverError::UnknownTask(_)) if twice || cancelled => Ok(()),
                answer => answer,
            }
        });
        let answer = rpc(world, &plugin, Verb::Destroy, call).await;
        // After an error a plugin that knows the task goes on; from one that does not the reaper has it.
        if let Some(Ok(())) = answer.map(|answer| told(world, "DestroyTask", answer)) {
            self.check_destroyed(&plugin, &id).await;
            self.check_kept(&ended);
        }
    }

    /// What an operator wants to look at stays, however often the task is destroyed.
    fn check_kept(&self, ended: &[ContainerId]) {
        let truth = &self.world.truth;
        let is_gone = |id: &&ContainerId| truth.is_removed(id) && !truth.is_tampered(id);
        if self.world.keeps_containers() && ended.iter().any(|id| is_gone(&id)) {
            self.world.trace.violation("a container that is to be kept was removed");
        }
    }

    /// Destroy is idempotent, and true.
    async fn check_destroyed(&self, plugin: &Plugin, id: &TaskId) {
        let world = &self.world;
        if !world.keeps_containers() && !world.truth.left_of(id).is_empty() {
            world.trace.violation("a destroyed task has a container");
        }
        // A call that was struck may answer when nothing strikes any more.
        let calm = world.weather.is_calm();
        let again = rpc(world, plugin, Verb::Destroy, plugin.driver.destroy_task(id, false)).await;
        if calm
            && !matches!(again, None | Some(Ok(()) | Err(DriverError::UnknownTask(_))))
            && !world.keeps_containers()
        {
            world.trace.violation("a second DestroyTask is refused");
        }
    }
}
