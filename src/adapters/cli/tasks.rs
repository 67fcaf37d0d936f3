//! What a run needs of the driver: the four calls that Nomad makes for every task.

use crate::domain::signal::Signal;
use crate::domain::task::{ExitOutcome, TaskId, TaskRequest};
use async_trait::async_trait;
use std::fmt;
use std::time::Duration;

/// Why the driver did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TaskError {
    /// Another try may succeed.
    pub recoverable: bool,
    /// Why, for a person.
    pub message: String,
}

impl TaskError {
    /// An error with these words.
    pub fn new(recoverable: bool, message: impl fmt::Display) -> Self {
        Self { recoverable, message: message.to_string() }
    }
}

/// The driver, as a host uses it. Implemented for `driver::Driver`.
#[async_trait]
pub trait Tasks: Send + Sync {
    /// Starts a task and returns once it runs.
    async fn start(&self, task: TaskRequest) -> Result<(), TaskError>;

    /// Returns once a started task has ended, and again whenever it is asked.
    async fn wait(&self, id: &TaskId) -> Result<ExitOutcome, TaskError>;

    /// Ends a task: the signal, then SIGKILL once `timeout` has passed.
    async fn stop(&self, id: &TaskId, timeout: Duration, signal: Option<Signal>) -> Result<(), TaskError>;

    /// Removes what is left of a task, which may be nothing; with `force` also one that runs.
    async fn destroy(&self, id: &TaskId, force: bool) -> Result<(), TaskError>;
}
