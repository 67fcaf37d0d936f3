//! StopTask.

use super::Driver;
use super::error::DriverError;
use super::start::stop_input;
use crate::domain::signal::Signal;
use crate::domain::task::TaskId;
use std::time::Duration;

impl Driver {
    /// Asks a task to end with `signal` (else the image's, else SIGTERM), kills it after `timeout`, and
    /// returns once it has ended. A task that has ended already is fine.
    ///
    /// # Errors
    /// The id is not known.
    pub async fn stop_task(
        &self,
        id: &TaskId,
        timeout: Duration,
        signal: Option<Signal>,
    ) -> Result<(), DriverError> {
        let owner = self.shared.registry.get(id)?;
        owner.command(stop_input(signal.unwrap_or(owner.stop_signal), timeout)).await?;
        owner.outcome().await.map(drop)
    }
}
