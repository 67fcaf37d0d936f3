//! RecoverTask: as if we had never been away.

use super::Driver;
use super::ending;
use super::error::DriverError;
use super::find::look;
use super::first_look::LOOKS;
use super::logs::{self, LogsFrom};
use super::owner::{self, Launch, NewOwner, OwnerRef};
use super::registry::Reservation;
use super::retry::Backoff;
use super::settings::{Settings, Socket};
use crate::domain::container::labels::Agent;
use crate::domain::container::{ContainerFacts, ContainerState};
use crate::domain::last_words::Private;
use crate::domain::limits::RECOVER_TIMEOUT;
use crate::domain::task::identity::ContainerId;
use crate::domain::task::recover::{Recovery, decide, ended};
use crate::domain::task::{ExitOutcome, FirstLook, Handle, Machine, Origin, PlacedTask, TaskId, TaskRequest};
use crate::ports::clock::within;
use crate::ports::{ContainerRuntime, RuntimeError};
use std::sync::Arc;

/// The container of a task that is recovered.
enum Found {
    /// It runs; where its output comes from.
    Alive(LogsFrom, ContainerFacts),
    /// It ended while nobody watched, and its output has not been delivered to the end.
    Unread(LogsFrom, ContainerFacts),
    /// It ended while nobody watched.
    Ended(ContainerFacts, ExitOutcome),
}

/// Whose part the output of a recovered container is.
enum Output<'a> {
    Ours(&'a dyn ContainerRuntime),
    /// Somebody else carries it, or the host wants none.
    Nobodys,
}

impl Driver {
    /// Finds the container of a task that was started before and watches it on. A task that is known already
    /// is left as it is. `task.config` is not read: the host has forgotten it.
    ///
    /// # Errors
    /// The container is gone, is not this task's, or Podman gives no answer in time; the host then starts the
    /// task anew.
    pub async fn recover_task(&self, task: TaskRequest, handle: &Handle) -> Result<(), DriverError> {
        self.shared.heard.task(Agent::of_task(&task));
        self.shared.heard.recovery();
        let settings = self.settings();
        let found = within(&*self.shared.clock, RECOVER_TIMEOUT, async {
            let Some(reservation) = self.claim(&task.id).await else { return Ok(None) };
            let found = self.find(&settings, &task, handle).await;
            found.map(|(socket, found)| Some((reservation, socket, found)))
        });
        let timed_out = |_| DriverError::TimedOut { verb: "recover task", limit: RECOVER_TIMEOUT };
        match found.await.map_err(timed_out).flatten() {
            Ok(None) => return Ok(()),
            Ok(Some((reservation, socket, found))) => {
                self.shared.lost.forget(&task.id);
                let (owner, launch) = self.take_over(&task, &settings, socket, found);
                reservation.fill(owner);
                launch.go();
            }
            Err(error) => {
                self.note_lost(&task, handle, &error);
                return Err(error);
            }
        }
        Ok(())
    }

    /// The right to recover a task; `None` if it is known. Another request for it may be under way, and may fail.
    async fn claim(&self, id: &TaskId) -> Option<Reservation> {
        loop {
            if let Ok(reservation) = self.shared.registry.reserve(id) {
                return Some(reservation);
            }
            self.shared.registry.resolved(id).await;
            if self.shared.registry.get(id).is_ok() {
                return None;
            }
        }
    }

    /// What will be needed of a task that could not be recovered: nothing, if its container is gone.
    fn note_lost(&self, task: &TaskRequest, handle: &Handle, error: &DriverError) {
        if error.is_of_nothing() {
            self.shared.lost.forget(&task.id);
            self.shared.host.log_ledger(&handle.container).forget();
        } else if !self.shared.registry.has(&task.id) {
            self.shared.lost.remember(task, handle);
        }
    }

    fn take_over(
        &self,
        task: &TaskRequest,
        settings: &Settings,
        socket: &Socket,
        found: Found,
    ) -> (Arc<OwnerRef>, Launch) {
        match found {
            Found::Alive(logs, facts) => self.own(task, settings, socket, known(&facts), logs, false),
            Found::Unread(logs, facts) => self.own(task, settings, socket, known(&facts), logs, true),
            Found::Ended(facts, outcome) => {
                ending::tell_of_memory(&self.shared.events(task), &facts);
                self.own_ended(task, settings, socket, &facts, outcome)
            }
        }
    }

    /// The container of the task, and how it ended if it did and shall not run again.
    async fn find<'s>(
        &self,
        settings: &'s Settings,
        task: &TaskRequest,
        handle: &Handle,
    ) -> Result<(&'s Socket, Found), DriverError> {
        let (socket, facts) = self.look_patiently(settings, task, handle).await?;
        let output = match handle.origin {
            _ if !logs::are_wanted(settings, &task.dirs) => Output::Nobodys,
            // Its supervisor writes to the host's collector: whoever reads beside it takes bytes away.
            Origin::GoDriver { streams_logs: false } => Output::Nobodys,
            Origin::Ours | Origin::GoDriver { streams_logs: true } => Output::Ours(&*socket.runtime),
        };
        let found = match decide(&facts, settings.plugin.recover_stopped) {
            // What it writes after the host has been told that the task is recovered is not lost.
            Recovery::Adopt => Found::Alive(self.open(&output, &facts).await, facts),
            Recovery::Report(outcome) => self.report(&output, facts, outcome).await,
            Recovery::StartAgain => self.start_again(socket, task, facts, &output).await,
        };
        Ok((socket, found))
    }

    async fn open(&self, output: &Output<'_>, facts: &ContainerFacts) -> LogsFrom {
        match output {
            Output::Nobodys => LogsFrom::Elsewhere,
            Output::Ours(runtime) => LogsFrom::resumed(&self.shared, *runtime, &facts.id).await,
        }
    }

    /// The end of a container as it is on record, once the host has the output that a driver left undelivered.
    async fn report(&self, output: &Output<'_>, facts: ContainerFacts, outcome: ExitOutcome) -> Found {
        let had_reader = self.shared.host.log_ledger(&facts.id).recall().is_some();
        if facts.state == ContainerState::Exited && had_reader {
            let mut logs = self.open(output, &facts).await;
            if logs.has_more(&*self.shared.clock).await {
                return Found::Unread(logs, facts);
            }
        }
        Found::Ended(facts, outcome)
    }

    /// Runs a stopped container again; if that fails, its end is reported as it was.
    async fn start_again(
        &self,
        socket: &Socket,
        task: &TaskRequest,
        facts: ContainerFacts,
        output: &Output<'_>,
    ) -> Found {
        // Before it runs: its first lines may come before the start is answered.
        let logs = self.open(output, &facts).await;
        let started = match socket.runtime.start(&facts.id).await {
            Err(error) if error.effect_is_unknown() => self.has_started(socket, &facts, error).await,
            other => other.map(drop),
        };
        match started {
            Ok(()) => {
                self.shared.events(task).started_again();
                let now = socket.runtime.inspect(facts.id.as_str()).await;
                let now = now.ok().filter(|now| now.id == facts.id);
                Found::Alive(logs, now.unwrap_or(facts))
            }
            Err(error) => {
                self.shared.events(task).not_started_again(&error.to_string());
                let outcome = ended(&facts);
                self.report(output, facts, outcome).await
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
        task: &TaskRequest,
        handle: &Handle,
    ) -> Result<(&'s Socket, ContainerFacts), DriverError> {
        let mut backoff = Backoff::new(&*self.shared.clock);
        let mut looks = 1;
        loop {
            match look(settings, task, handle).await {
                // There is a handle, so it was started: the answer may be from before that.
                Ok((_, facts)) if facts.state == ContainerState::Created && looks < LOOKS => looks += 1,
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
        task: &TaskRequest,
        settings: &Settings,
        socket: &Socket,
        facts: &ContainerFacts,
        outcome: ExitOutcome,
    ) -> (Arc<OwnerRef>, Launch) {
        owner::prepare(NewOwner {
            task: Arc::new(PlacedTask::from(task)),
            private: Private::of(&task.env),
            container: facts.id.clone(),
            runtime: Arc::clone(&socket.runtime),
            host: Arc::clone(&self.shared.host),
            clock: Arc::clone(&self.shared.clock),
            first_look: Some(FirstLook::from(facts)),
            machine: Machine::exited(outcome, !settings.plugin.remove_containers),
            logs: None,
            had_ended: true,
        })
    }
}

fn known(facts: &ContainerFacts) -> (&ContainerId, Option<FirstLook>) {
    (&facts.id, Some(FirstLook::from(facts)))
}
