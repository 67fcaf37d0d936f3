//! InspectTask.

use super::Driver;
use super::error::DriverError;
use crate::domain::task::{PlacedTask, TaskId, TaskStatus};
use std::sync::Arc;

impl Driver {
    /// What is known about a task right now, without asking the runtime.
    ///
    /// # Errors
    /// The id is not known.
    pub fn inspect_task(&self, id: &TaskId) -> Result<(Arc<PlacedTask>, TaskStatus), DriverError> {
        let owner = self.shared.registry.get(id)?;
        let status = owner.status.now(TaskStatus::clone);
        Ok((Arc::clone(&owner.task), status))
    }
}
