//! InspectTask.

use super::Driver;
use super::error::DriverError;
use crate::domain::task::{PlacedTask, TaskId, TaskStatus};
use std::sync::Arc;

impl Driver {
    /// What is known about a task right now, without asking the runtime. One that was just started may not have been
    /// looked at yet: that is waited for, not for long.
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
