//! RecoverTask: as if we had never been away.

use super::Driver;
use super::error::DriverError;
use super::logs::{Batches, LogsFrom};
use super::owner::{self, NewOwner};
use super::retry::Backoff;
use super::settings::{Settings, Socket};
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
    async fn alive(socket: &Socket, facts: ContainerFacts) -> Self {
        let batches = socket.runtime.logs(&facts.id, LogStart::Now).await.ok();
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
        let (socket, found) = found.map_err(timed_out)??;
        reservation.fill(match found {
            Found::Alive(facts, batches) => {
                self.own(task, &settings, socket, &facts, LogsFrom::Opened(batches))
            }
            Found::Ended(facts, outcome) => self.own_ended(task, &settings, socket, &facts, outcome),
        });
        Ok(())
    }

    /// The container of the task, and how it ended if it did and shall not run again.
    async fn find<'s>(
        &self,
        settings: &'s Settings,
        task: &TaskRequest,
        handle: &Handle,
    ) -> Result<(&'s Socket, Found), DriverError> {
        let (socket, facts) = self.look_patiently(settings, handle).await?;
        belongs(&facts, task)?;
        let found = match decide(&facts, settings.plugin.recover_stopped) {
            Recovery::Adopt => Found::alive(socket, facts).await,
            Recovery::Report(outcome) => Found::Ended(facts, outcome),
            Recovery::StartAgain => self.start_again(socket, task, facts).await,
        };
        Ok((socket, found))
    }

    /// Runs a stopped container again; if that fails, its end is reported as it was.
    async fn start_again(&self, socket: &Socket, task: &TaskRequest, facts: ContainerFacts) -> Found {
        let started = match socket.runtime.start(&facts.id).await {
            Err(error) if error.effect_is_unknown() => self.has_started(socket, &facts, error).await,
            other => other.map(drop),
        };
        match started {
            Ok(()) => {
                self.shared.events(task).started_again();
                let now = socket.runtime.inspect(facts.id.as_str()).await;
                Found::alive(socket, now.unwrap_or(facts)).await
            }
            Err(error) => {
                self.shared.events(task).not_started_again(&error.to_string());
                let outcome = ended(&facts);
                Found::Ended(facts, outcome)
            }
        }
    }

    /// Whether a start whose reply was lost took place: the container runs, or has another start on record.
    async fn has_started(
        &self,
        socket: &Socket,
        before: &ContainerFacts,
        lost: RuntimeError,
    ) -> Result<(), RuntimeError> {
        let mut backoff = Backoff::new(&*self.shared.clock);
        loop {
            match socket.runtime.inspect(before.id.as_str()).await {
                Ok(now) if now.state.is_alive() || now.started_at != before.started_at => return Ok(()),
                Err(error) if error.kind.is_transient() => backoff.pause().await,
                Ok(_) | Err(_) => return Err(lost),
            }
        }
    }

    /// Looks again while Podman is away: an error would make the host destroy a container that runs. The caller
    /// bounds the time.
    async fn look_patiently<'s>(
        &self,
        settings: &'s Settings,
        handle: &Handle,
    ) -> Result<(&'s Socket, ContainerFacts), DriverError> {
        let mut backoff = Backoff::new(&*self.shared.clock);
        loop {
            match look(settings, handle).await {
                Err(error) if error.is_recoverable() => {
                    tracing::debug!(%error, "cannot look at a container, trying again");
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
        socket: &Socket,
        facts: &ContainerFacts,
        outcome: ExitOutcome,
    ) -> owner::OwnerRef {
        owner::spawn(NewOwner {
            task,
            container: facts.id.clone(),
            runtime: Arc::clone(&socket.runtime),
            host: Arc::clone(&self.shared.host),
            clock: Arc::clone(&self.shared.clock),
            stop_signal: stop_signal(facts),
            started_at: facts.started_at,
            machine: Machine::exited(outcome, !settings.plugin.remove_containers),
            logs: None,
        })
    }
}

/// Asks the socket that the handle names. A name that the configuration does not have any more, or an old handle
/// without one, must not cost a task: its container is looked for on every socket then.
async fn look<'s>(
    settings: &'s Settings,
    handle: &Handle,
) -> Result<(&'s Socket, ContainerFacts), DriverError> {
    let named = settings.sockets().iter().filter(|socket| socket.name == handle.socket).collect::<Vec<_>>();
    let asked = if named.is_empty() { settings.sockets().iter().collect() } else { named };
    let mut failed = None;
    for socket in asked {
        match socket.runtime.inspect(handle.container.as_str()).await {
            Ok(facts) => return Ok((socket, facts)),
            // One that may still answer weighs more than one that has said no.
            Err(error) if error.kind.is_transient() || failed.is_none() => failed = Some(error),
            Err(_) => {}
        }
    }
    let nobody = || DriverError::UnknownSocket { name: handle.socket.clone(), known: String::new() };
    Err(failed.map_or_else(nobody, |error| DriverError::runtime("recover task", error)))
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
