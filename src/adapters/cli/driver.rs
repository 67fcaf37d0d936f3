//! The real driver behind [`Tasks`].

use super::tasks::{TaskError, Tasks};
use crate::domain::signal::Signal;
use crate::domain::task::{ExitOutcome, TaskId, TaskRequest};
use crate::driver::{Driver, DriverError};
use async_trait::async_trait;
use std::time::Duration;

#[async_trait]
impl Tasks for Driver {
    async fn start(&self, task: TaskRequest) -> Result<(), TaskError> {
        Ok(self.start_task(task).await.map(drop)?)
    }

    async fn wait(&self, id: &TaskId) -> Result<ExitOutcome, TaskError> {
        Ok(self.wait_task(id).await?)
    }

    async fn stop(&self, id: &TaskId, timeout: Duration, signal: Option<Signal>) -> Result<(), TaskError> {
        Ok(self.stop_task(id, timeout, signal).await?)
    }

    async fn destroy(&self, id: &TaskId, force: bool) -> Result<(), TaskError> {
        match self.destroy_task(id, force).await {
            // Of a start that was given up nothing may be left: what was asked for.
            Ok(()) | Err(DriverError::UnknownTask(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl From<DriverError> for TaskError {
    fn from(error: DriverError) -> Self {
        Self::new(error.is_recoverable(), error)
    }
}
