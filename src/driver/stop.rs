//! StopTask.

use super::Driver;
use super::error::DriverError;
use super::owner::OwnerRef;
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
        let signal = match signal {
            Some(signal) => signal,
            None => self.stop_signal(&owner).await,
        };
        owner.command(Input::Stop { signal, grace: timeout }).await?;
        owner.outcome().await.map(drop)
    }

    async fn stop_signal(&self, owner: &OwnerRef) -> Signal {
        owner.looked_at(&*self.shared.clock).await;
        owner.status.now(|status| status.first_look).map_or(Signal::TERM, |look| look.stop_signal)
    }
}
