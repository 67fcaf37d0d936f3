//! What must succeed: a driver that does nothing would otherwise violate nothing.

use super::locked;
use super::rpc::{Verb, rpc};
use super::runner::{Held, Runner};
use crate::domain::container::ContainerState;
use crate::domain::task::Phase;
use crate::driver::{DriverError, Started};
use crate::ports::ContainerRuntime;
use futures_util::StreamExt;
use std::time::Duration;

/// How long after the last fault a name may still be somebody else's.
const NAME_TAKEN: Duration = Duration::from_secs(60);

impl Runner {
    /// A task starts when nothing goes wrong.
    pub(super) fn check_started(&self, answer: &Result<Started, DriverError>) {
        let since = self.world.clock.elapsed().saturating_sub(self.world.weather.last_strike());
        match answer {
            Err(DriverError::NameTaken { .. }) if since <= NAME_TAKEN => {}
            Err(error) => {
                self.world.trace.violation(&format!("StartTask failed though nothing goes wrong: {error}"));
            }
            Ok(_) => {}
        }
    }

    /// Whether the task runs and nothing goes wrong: whatever is asked of it must succeed.
    pub(super) async fn is_well(&self, held: &Held) -> bool {
        if !self.world.is_quiet() || held.plugin.life.is_cancelled() {
            return false;
        }
        let Some(container) = self.world.truth.made_for(held.id()) else { return false };
        let now = self.world.podman.inspect(container.as_str()).await;
        now.is_ok_and(|now| now.state == ContainerState::Running)
    }

    /// A stream of usage ends with its task, also one that nobody has read.
    pub(super) async fn check_usage_ends(&self, held: &Held) {
        let Some(unread) = locked(&held.unread).take() else { return };
        let rest = rpc(&self.world, &held.plugin, Verb::Stats, unread.collect::<Vec<_>>()).await;
        let samples = rest.map(|samples| samples.len());
        self.world.trace.tell("nomad", &format!("usage that was not read: {samples:?}"));
    }

    /// Recover equals live: what is told of the task now is what was told before.
    pub(super) async fn check_recovered(&self, held: &Held) {
        let (truth, trace) = (&self.world.truth, &self.world.trace);
        let Ok((_, status)) = held.plugin.driver.inspect_task(held.id()).await else {
            return trace.violation("a recovered task is not known");
        };
        let Some(container) = truth.made_for(held.id()) else { return };
        if !truth.runs(&container) || !truth.first_run(&container) {
            return;
        }
        if status.phase != Phase::Running {
            trace.violation(&format!("a recovered task that runs is told to be {:?}", status.phase));
        }
        if status.started_at() != truth.started_at(&container) {
            trace.violation("a recovered task has another start");
        }
    }

    /// A task whose container is there is recovered when nothing goes wrong.
    pub(super) fn check_unrecovered(&self, held: &Held) {
        let truth = &self.world.truth;
        if truth.left_of(held.id()).into_iter().any(|id| !truth.is_tampered(&id)) {
            self.world.trace.violation("a task was not recovered though its container is there");
        }
    }
}
