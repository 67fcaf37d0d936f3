//! From a handle to the container it means, and whether that is the task's.

use super::error::DriverError;
use super::settings::{Settings, Socket};
use crate::domain::container::ContainerFacts;
use crate::domain::container::labels::{Owner, owner as owner_of};
use crate::domain::task::identity::{ContainerId, ContainerName};
use crate::domain::task::{Handle, Origin, TaskId, TaskRequest, takeover};
use crate::ports::{ContainerRuntime, ErrorKind, RuntimeError};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Tasks whose recovery failed that are remembered; a node has fewer, and one that is forgotten is still found by
/// its labels.
const LOST_TASKS: usize = 4096;

/// Tasks whose recovery failed: a later destroy may have to find a container that has no labels.
#[derive(Default)]
pub struct Lost(Mutex<BTreeMap<TaskId, (TaskRequest, Handle)>>);

impl Lost {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<TaskId, (TaskRequest, Handle)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a task.
    pub fn remember(&self, task: &TaskRequest, handle: &Handle) {
        let mut lost = self.lock();
        if lost.len() < LOST_TASKS {
            lost.insert(task.id.clone(), (task.clone(), handle.clone()));
        }
    }

    /// A task that is remembered.
    pub fn get(&self, id: &TaskId) -> Option<(TaskRequest, Handle)> {
        self.lock().get(id).cloned()
    }

    /// Forgets a task that was found or destroyed.
    pub fn forget(&self, id: &TaskId) {
        self.lock().remove(id);
    }
}

/// Asks the socket that the handle names. A name that the configuration does not have any more, or an old handle
/// without one, must not cost a task: its container is looked for on every socket then.
///
/// # Errors
/// No socket has it, one did not answer, or it is not the task's.
pub async fn look<'s>(
    settings: &'s Settings,
    task: &TaskRequest,
    handle: &Handle,
) -> Result<(&'s Socket, ContainerFacts), DriverError> {
    let named = settings.sockets().iter().filter(|socket| socket.name == handle.socket).collect::<Vec<_>>();
    let asked = if named.is_empty() { settings.sockets().iter().collect() } else { named };
    let mut failed = None;
    for socket in asked {
        match by_id_or_name(&*socket.runtime, &handle.container, task).await {
            Ok(facts) => return belongs(&facts, task, handle.origin).map(|()| (socket, facts)),
            // One that may still answer weighs more than one that has said no.
            Err(error) if error.kind.is_transient() || failed.is_none() => failed = Some(error),
            Err(_) => {}
        }
    }
    let nobody = || DriverError::UnknownSocket { name: handle.socket.clone(), known: String::new() };
    Err(failed.map_or_else(nobody, |error| DriverError::runtime("recover task", error)))
}

/// A container that has another id may still have the task's name: Podman's database may have been made anew.
async fn by_id_or_name(
    runtime: &dyn ContainerRuntime,
    id: &ContainerId,
    task: &TaskRequest,
) -> Result<ContainerFacts, RuntimeError> {
    match runtime.inspect(id.as_str()).await {
        Err(gone) if gone.is(ErrorKind::NotFound) => {
            let name = ContainerName::of_task(&task.meta.task_name, &task.meta.alloc_id);
            let found = runtime.inspect(name.as_str()).await;
            found.map_err(|error| if error.is(ErrorKind::NotFound) { gone } else { error })
        }
        looked => looked,
    }
}

/// A container without our labels is never watched, signalled or removed, whatever a handle says; but for one that
/// the Go driver left and that is proven to be this very task's.
fn belongs(facts: &ContainerFacts, task: &TaskRequest, origin: Origin) -> Result<(), DriverError> {
    let is_ours = match (owner_of(&facts.labels), origin) {
        (Owner::Task { task_id, .. }, _) => task_id == task.id.as_str(),
        (Owner::Foreign, Origin::GoDriver { .. }) => takeover::is_of_task(facts, task),
        (Owner::Foreign, Origin::Ours) => false,
    };
    let (container, task) = (facts.id.as_str().to_owned(), task.id.clone());
    if is_ours { Ok(()) } else { Err(DriverError::NotOurs { container, task }) }
}
