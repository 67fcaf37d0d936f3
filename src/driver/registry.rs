//! The tasks we answer for, by id.

use super::error::DriverError;
use super::owner::OwnerRef;
use crate::domain::task::TaskId;
use crate::domain::task::identity::ContainerId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Task ids and their owners. Ids are reserved while a task starts, so that a repeated StartTask is refused
/// instead of racing the first.
#[derive(Clone, Default)]
pub struct Registry(Arc<Tasks>);

#[derive(Default)]
struct Tasks {
    owners: Mutex<HashMap<TaskId, Option<Arc<OwnerRef>>>>,
    /// A reservation has become an owner or nothing.
    resolved: Notify,
}

/// A reserved id; dropping it frees the id.
pub struct Reservation {
    registry: Registry,
    id: TaskId,
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, HashMap<TaskId, Option<Arc<OwnerRef>>>> {
        self.0.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves `id` for a start.
    pub fn reserve(&self, id: &TaskId) -> Result<Reservation, DriverError> {
        let mut tasks = self.lock();
        if tasks.contains_key(id) {
            return Err(DriverError::AlreadyStarted(id.clone()));
        }
        tasks.insert(id.clone(), None);
        Ok(Reservation { registry: self.clone(), id: id.clone() })
    }

    /// Returns once `id` is not reserved: it has an owner, or is free.
    pub async fn resolved(&self, id: &TaskId) {
        loop {
            let resolved = self.0.resolved.notified();
            if !matches!(self.lock().get(id), Some(None)) {
                return;
            }
            resolved.await;
        }
    }

    /// The owner of `id`.
    pub fn get(&self, id: &TaskId) -> Result<Arc<OwnerRef>, DriverError> {
        self.lock().get(id).cloned().flatten().ok_or_else(|| DriverError::UnknownTask(id.clone()))
    }

    /// Whether `id` is known or being started.
    pub fn has(&self, id: &TaskId) -> bool {
        self.lock().contains_key(id)
    }

    /// How many tasks there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Whether some task owns `container`.
    pub fn owns(&self, container: &ContainerId) -> bool {
        self.lock().values().flatten().any(|owner| owner.container == *container)
    }

    /// Forgets `id`.
    pub fn remove(&self, id: &TaskId) {
        self.lock().remove(id);
    }
}

impl Reservation {
    /// Puts the owner in place of the reservation.
    pub fn fill(self, owner: Arc<OwnerRef>) {
        self.registry.lock().insert(self.id.clone(), Some(owner));
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut tasks = self.registry.lock();
        if let Some(None) = tasks.get(&self.id) {
            tasks.remove(&self.id);
        }
        drop(tasks);
        self.registry.0.resolved.notify_waiters();
    }
}
