//! WaitTask.

use super::Driver;
use super::error::DriverError;
use crate::domain::task::{ExitOutcome, TaskId};

impl Driver {
    /// Waits for the end of a task; at once if it has ended. Any number of callers, any number of times, all
    /// with the same answer.
    ///
    /// # Errors
    /// The id is not known. Nothing else: to the host, an error means that the task ended.
    pub async fn wait_task(&self, id: &TaskId) -> Result<ExitOutcome, DriverError> {
        self.shared.registry.get(id)?.outcome().await
    }
}
