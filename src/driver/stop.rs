//! StopTask.

use super::Driver;
use super::error::DriverError;
use crate::domain::signal::Signal;
use crate::domain::task::{Input, TaskId};
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
        let signal = signal.unwrap_or(owner.stop_signal);
        owner.command(Input::Stop { signal, grace: timeout }).await?;
        owner.outcome().await.map(drop)
    }
}
