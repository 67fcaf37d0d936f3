//! SignalTask.

use super::Driver;
use super::error::DriverError;
use crate::domain::signal::Signal;
use crate::domain::task::TaskId;

impl Driver {
    /// Sends a signal to a task's first process.
    ///
    /// # Errors
    /// The id is not known, the task has ended, or the runtime says no.
    pub async fn signal_task(&self, id: &TaskId, signal: Signal) -> Result<(), DriverError> {
        let owner = self.shared.registry.get(id)?;
        if owner.status.now(|status| status.outcome.is_some()) {
            return Err(DriverError::NotRunning);
        }
        owner
            .runtime
            .signal(&owner.container, signal)
            .await
            .map_err(|error| DriverError::runtime("signal task", error))
    }
}
