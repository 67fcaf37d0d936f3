//! RecoverTask: as if we had never been away.

use super::Driver;
use super::error::DriverError;
use super::logs::{Batches, LogsFrom};
use super::owner::{self, NewOwner};
use super::retry::Backoff;
use super::settings::Settings;
use super::start::stop_signal;
use crate::domain::container::ContainerFacts;
use crate::domain::container::labels::{Owner, owner as owner_of};
use crate::domain::limits::RECOVER_TIMEOUT;
use crate::domain::log::LogStart;
use crate::domain::task::recover::{Recovery, decide, ended};
use crate::domain::task::{ExitOutcome, Handle, Machine, TaskRequest};
use crate::ports::RuntimeError;
use crate::ports::clock::within;
use std::sync::Arc;

/// The container of a task that is recovered.
enum Found {
    /// It runs; its output from now on, if it can be had.
    Alive(ContainerFacts, Option<Batches>),
    /// It ended while nobody watched.
    Ended(ContainerFacts, ExitOutcome),
}

impl Found {
    /// Opens the log before the host is told that the task is recovered: what it writes after that is not lost.
    async fn alive(settings: &Settings, facts: ContainerFacts) -> Self {
        let batches = settings.runtime.logs(&facts.id, LogStart::Now).await.ok();
        Self::Alive(facts, batches)
    }
}

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
        let found = found.map_err(timed_out)??;
        reservation.fill(match found {
            Found::Alive(facts, batches) => self.own(task, &settings, &facts, LogsFrom::Opened(batches)),
            Found::Ended(facts, outcome) => self.own_ended(task, &settings, &facts, outcome),
        });
        Ok(())
    }

    /// The container of the task, and how it ended if it did and shall not run again.
    async fn find(
        &self,
        settings: &Settings,
        task: &TaskRequest,
        handle: &Handle,
    ) -> Result<Found, DriverError> {
        let facts = self
            .inspect_patiently(settings, handle.container.as_str())
            .await
            .map_err(|error| DriverError::runtime("recover task", error))?;
        belongs(&facts, task)?;
        match decide(&facts, settings.plugin.recover_stopped) {
            Recovery::Adopt => Ok(Found::alive(settings, facts).await),
            Recovery::Report(outcome) => Ok(Found::Ended(facts, outcome)),
            Recovery::StartAgain => Ok(self.start_again(settings, task, facts).await),
        }
    }

    /// Runs a stopped container again; if that fails, its end is reported as it was.
    async fn start_again(&self, settings: &Settings, task: &TaskRequest, facts: ContainerFacts) -> Found {
        let started = match settings.runtime.start(&facts.id).await {
            Err(error) if error.effect_is_unknown() => self.has_started(settings, &facts, error).await,
            other => other.map(drop),
        };
        match started {
            Ok(()) => {
                self.shared.tell(task, "Started the stopped container again (recover_stopped)", &[]);
                let now = settings.runtime.inspect(facts.id.as_str()).await;
                Found::alive(settings, now.unwrap_or(facts)).await
            }
            Err(error) => {
                let reason = error.to_string();
                self.shared.tell(task, "Could not start the stopped container again", &[("reason", &reason)]);
                let outcome = ended(&facts);
                Found::Ended(facts, outcome)
            }
        }
    }

    /// Whether a start whose reply was lost took place: the container runs, or has another start on record.
    async fn has_started(
        &self,
        settings: &Settings,
        before: &ContainerFacts,
        lost: RuntimeError,
    ) -> Result<(), RuntimeError> {
        let now = self.inspect_patiently(settings, before.id.as_str()).await?;
        if now.state.is_alive() || now.started_at != before.started_at { Ok(()) } else { Err(lost) }
    }

    /// Asks again while Podman is away: an error would make the host destroy a container that runs. The caller
    /// bounds the time.
    async fn inspect_patiently(&self, settings: &Settings, id: &str) -> Result<ContainerFacts, RuntimeError> {
        let mut backoff = Backoff::new(&*self.shared.clock);
        loop {
            match settings.runtime.inspect(id).await {
                Err(error) if error.kind.is_transient() => {
                    tracing::debug!(container = id, %error, "cannot look at a container, trying again");
                }
                other => return other,
            }
            backoff.pause().await;
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
