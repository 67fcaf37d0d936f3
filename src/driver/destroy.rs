//! DestroyTask.

use super::error::DriverError;
use super::{Driver, owner};
use crate::domain::container::labels::{Owner, owner as owner_of};
use crate::domain::task::{Input, TaskId};

impl Driver {
    /// Removes a task's container and forgets the task. With `force` a running one is killed first.
    ///
    /// An id that is not known may still have a container, left by a start or recovery that failed: it is
    /// found by its labels.
    ///
    /// # Errors
    /// Refused for a running task without `force`; the runtime could not remove the container, in which case
    /// the task stays known and destroy may be repeated.
    pub async fn destroy_task(&self, id: &TaskId, force: bool) -> Result<(), DriverError> {
        let owner = match self.shared.registry.get(id) {
            Ok(owner) => owner,
            Err(unknown) => return self.destroy_unknown(id, unknown).await,
        };
        owner.command(Input::Destroy { force }).await?;
        self.shared.registry.remove(id);
        Ok(())
    }

    async fn destroy_unknown(&self, id: &TaskId, unknown: DriverError) -> Result<(), DriverError> {
        let failed = |error| DriverError::runtime("destroy task", error);
        let mut unknown = unknown;
        for socket in self.settings().sockets() {
            let listed = match socket.runtime.list().await {
                Ok(listed) => listed,
                // The container may be on the next one; if it is on none, nobody can tell.
                Err(error) => {
                    unknown = failed(error);
                    continue;
                }
            };
            let ours = listed.iter().find(|facts| match owner_of(&facts.labels) {
                Owner::Task { task_id, .. } => task_id == id.as_str(),
                Owner::Foreign => false,
            });
            if let Some(facts) = ours {
                return owner::remove(&*socket.runtime, &*self.shared.clock, &facts.id).await.map_err(failed);
            }
        }
        Err(unknown)
    }
}
