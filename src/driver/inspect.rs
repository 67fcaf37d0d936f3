//! InspectTask.

use super::Driver;
use super::error::DriverError;
use crate::domain::task::{PlacedTask, TaskId, TaskStatus};
use std::sync::Arc;

impl Driver {
    /// What is known about a task right now. The runtime is not asked for it, but one that was just started is looked
    /// at first.
    ///
    /// # Errors
    /// The id is not known.
    pub async fn inspect_task(&self, id: &TaskId) -> Result<(Arc<PlacedTask>, TaskStatus), DriverError> {
        let owner = self.shared.registry.get(id)?;
        owner.looked_at(&*self.shared.clock).await;
        let status = owner.status.now(TaskStatus::clone);
        Ok((Arc::clone(&owner.task), status))
    }
}
