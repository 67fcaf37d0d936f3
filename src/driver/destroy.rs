//! DestroyTask.

use super::Driver;
use super::error::DriverError;
use super::find::look;
use super::owner::OwnerRef;
use super::registry::Registry;
use super::settings::{Settings, Socket};
use crate::domain::container::labels::{Owner, owner_by_name};
use crate::domain::container::{ContainerFacts, ContainerState};
use crate::domain::signal::Signal;
use crate::domain::task::{Input, Refusal, TaskId};
use crate::ports::{ContainerRuntime, ErrorKind, RuntimeError};
use std::sync::Arc;
use tokio::sync::oneshot;

impl Driver {
    /// Removes a task's container and forgets the task. With `force` a running one is killed first. Goes on
    /// even if the caller goes away.
    ///
    /// An id that is not known may still have a container, left by a start or recovery that failed: it is
    /// found by its labels. With `gc { container = false }` it is ended and stays, as that of a known one does.
    ///
    /// # Errors
    /// Refused for a running task without `force`, known or not; the runtime could not remove the container, in which case
    /// the task stays known and the removal is tried again, by us or by another destroy.
    pub async fn destroy_task(&self, id: &TaskId, force: bool) -> Result<(), DriverError> {
        // One that is being started or recovered is destroyed once that has come to its end.
        self.shared.registry.resolved(id).await;
        let owner = match self.shared.registry.get(id) {
            Ok(owner) => owner,
            Err(unknown) => return self.destroy_unknown(id, force, unknown).await,
        };
        let (done, removed) = oneshot::channel();
        tokio::spawn(see_off(self.shared.registry.clone(), id.clone(), owner, force, done));
        removed.await.map_err(|_| DriverError::ShuttingDown)?
    }

    async fn destroy_unknown(
        &self,
        id: &TaskId,
        force: bool,
        unknown: DriverError,
    ) -> Result<(), DriverError> {
        let failed = |error| DriverError::runtime("destroy task", error);
        let (mut unknown, settings) = (unknown, self.settings());
        for socket in settings.sockets() {
            let listed = match socket.runtime.list().await {
                Ok(listed) => listed,
                // The container may be on the next one; if it is on none, nobody can tell.
                Err(error) => {
                    unknown = failed(error);
                    continue;
                }
            };
            let ours = listed.iter().find(|facts| match owner_by_name(&facts.name, &facts.labels) {
                Owner::Task { task_id, .. } => task_id == id.as_str(),
                Owner::Foreign => false,
            });
            if let Some(facts) = ours {
                return self.take_away(&settings, socket, facts, (id, force)).await;
            }
        }
        self.destroy_lost(id, force, unknown).await
    }

    /// A task that could not be recovered may have a container of the Go driver, which no label tells.
    async fn destroy_lost(&self, id: &TaskId, force: bool, unknown: DriverError) -> Result<(), DriverError> {
        let Some((task, handle)) = self.shared.lost.get(id) else { return Err(unknown) };
        let settings = self.settings();
        match look(&settings, &task, &handle).await {
            Ok((socket, facts)) => self.take_away(&settings, socket, &facts, (id, force)).await,
            Err(error) => {
                if error.is_of_nothing() {
                    self.shared.lost.forget(id);
                    self.shared.host.log_ledger(&handle.container).forget();
                }
                Err(unknown)
            }
        }
    }

    async fn take_away(
        &self,
        settings: &Settings,
        socket: &Socket,
        facts: &ContainerFacts,
        (id, force): (&TaskId, bool),
    ) -> Result<(), DriverError> {
        if !force && may_run(facts.state) {
            return Err(Refusal::StillRunning.into());
        }
        self.shared.host.log_ledger(&facts.id).forget();
        let done = match settings.plugin.remove_containers {
            true => self.shared.clear(&*socket.runtime, &facts.id).await,
            false => end(&*socket.runtime, facts).await,
        };
        done.map_err(|error| DriverError::runtime("destroy task", error))?;
        self.shared.lost.forget(id);
        Ok(())
    }
}

fn may_run(state: ContainerState) -> bool {
    !matches!(state, ContainerState::Created | ContainerState::Exited)
}

/// Kills what may run, and touches nothing else.
async fn end(runtime: &dyn ContainerRuntime, facts: &ContainerFacts) -> Result<(), RuntimeError> {
    if !may_run(facts.state) {
        return Ok(());
    }
    match runtime.signal(&facts.id, Signal::KILL).await {
        // It has ended meanwhile.
        Err(error) if error.is(ErrorKind::WrongState) || error.is(ErrorKind::NotFound) => Ok(()),
        signalled => signalled,
    }
}

/// Destroys, answers, and forgets the task once nothing is left of it.
async fn see_off(
    registry: Registry,
    id: TaskId,
    owner: Arc<OwnerRef>,
    force: bool,
    done: oneshot::Sender<Result<(), DriverError>>,
) {
    let answer = match owner.command(Input::Destroy { force }).await {
        // Another destroy was faster.
        Err(DriverError::ShuttingDown) if owner.status.now(|status| status.destroyed) => Ok(()),
        answer => answer,
    };
    let refused = matches!(answer, Err(DriverError::Refused(_)));
    if answer.is_ok() {
        registry.remove(&id);
    }
    // A caller that went away does not want to know.
    drop(done.send(answer));
    if !refused {
        owner.destroyed().await;
        registry.remove(&id);
    }
}
