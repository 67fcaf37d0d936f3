//! RecoverTask: as if we had never been away.

use super::Driver;
use super::error::DriverError;
use super::logs::LogPump;
use super::owner::{self, NewOwner};
use super::settings::Settings;
use super::start::stop_signal;
use crate::domain::container::ContainerFacts;
use crate::domain::container::labels::{Owner, owner as owner_of};
use crate::domain::limits::RECOVER_TIMEOUT;
use crate::domain::log::LogStart;
use crate::domain::task::recover::{Recovery, decide, ended};
use crate::domain::task::{ExitOutcome, Handle, Machine, TaskRequest};
use crate::ports::clock::within;
use std::sync::Arc;
use std::time::Duration;

/// How long a recovery waits for its place in the log: one question to Podman and one open. Without it the task
/// is recovered all the same, and its log from a little later on.
const PLACE_TIMEOUT: Duration = Duration::from_secs(2);

impl Driver {
    /// Finds the container of a task that was started before and watches it on. A task that is known already
    /// is left as it is. `task.config` is not read: the host has forgotten it.
    ///
    /// # Errors
    /// The container is gone, is not this task's, or Podman gives no answer in time; the host then starts the
    /// task anew.
    pub async fn recover_task(&self, task: TaskRequest, handle: &Handle) -> Result<(), DriverError> {
        let reservation = match self.shared.registry.reserve(&task.id) {
            Ok(reservation) => reservation,
            Err(_known) => return Ok(()),
        };
        let settings = self.settings();
        let task = Arc::new(task);
        let found = within(&*self.shared.clock, RECOVER_TIMEOUT, self.find(&settings, &task, handle)).await;
        let timed_out = |_| DriverError::TimedOut { verb: "recover task", limit: RECOVER_TIMEOUT };
        let (facts, outcome) = found.map_err(timed_out)??;
        reservation.fill(match outcome {
            None => {
                let logs = self.placed_pump(&task, &settings, &facts).await;
                self.own(task, &settings, &facts, logs)
            }
            Some(outcome) => self.own_ended(task, &settings, &facts, outcome),
        });
        Ok(())
    }

    /// A pump that has its place in the log: what the task prints once it is recovered is not missed. It does not
    /// wait for the host's reader, which comes later.
    async fn placed_pump(
        &self,
        task: &TaskRequest,
        settings: &Settings,
        facts: &ContainerFacts,
    ) -> Option<LogPump> {
        let mut pump = self.pump(task, settings, facts, LogStart::Now)?;
        let _goes_on_looking = within(&*self.shared.clock, PLACE_TIMEOUT, pump.placed()).await;
        Some(pump)
    }

    /// The container of the task, and how it ended if it did and shall not run again.
    async fn find(
        &self,
        settings: &Settings,
        task: &TaskRequest,
        handle: &Handle,
    ) -> Result<(ContainerFacts, Option<ExitOutcome>), DriverError> {
        let facts = settings
            .runtime
            .inspect(handle.container.as_str())
            .await
            .map_err(|error| DriverError::runtime("recover task", error))?;
        belongs(&facts, task)?;
        match decide(&facts, settings.plugin.recover_stopped) {
            Recovery::Adopt => Ok((facts, None)),
            Recovery::Report(outcome) => Ok((facts, Some(outcome))),
            Recovery::StartAgain => Ok(self.start_again(settings, task, facts).await),
        }
    }

    /// Runs a stopped container again; if that fails, its end is reported as it was.
    async fn start_again(
        &self,
        settings: &Settings,
        task: &TaskRequest,
        facts: ContainerFacts,
    ) -> (ContainerFacts, Option<ExitOutcome>) {
        match settings.runtime.start(&facts.id).await {
            Ok(_) => {
                self.shared.tell(task, "Started the stopped container again (recover_stopped)", &[]);
                let now = settings.runtime.inspect(facts.id.as_str()).await;
                (now.unwrap_or(facts), None)
            }
            Err(error) => {
                let reason = error.to_string();
                self.shared.tell(task, "Could not start the stopped container again", &[("reason", &reason)]);
                let outcome = ended(&facts);
                (facts, Some(outcome))
            }
        }
    }

    fn own_ended(
        &self,
        task: Arc<TaskRequest>,
        settings: &Settings,
        facts: &ContainerFacts,
        outcome: ExitOutcome,
    ) -> owner::OwnerRef {
        owner::spawn(NewOwner {
            task,
            container: facts.id.clone(),
            runtime: Arc::clone(&settings.runtime),
            clock: Arc::clone(&self.shared.clock),
            stop_signal: stop_signal(facts),
            started_at: facts.started_at,
            machine: Machine::exited(outcome, !settings.plugin.remove_containers),
            logs: None,
        })
    }
}

/// A container without our labels is never watched, signalled or removed, whatever a handle says.
fn belongs(facts: &ContainerFacts, task: &TaskRequest) -> Result<(), DriverError> {
    match owner_of(&facts.labels) {
        Owner::Task { task_id, .. } if task_id == task.id.as_str() => Ok(()),
        Owner::Task { .. } | Owner::Foreign => {
            Err(DriverError::NotOurs { container: facts.id.as_str().to_owned(), task: task.id.clone() })
        }
    }
}
