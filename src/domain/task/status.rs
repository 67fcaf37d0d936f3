//! What the driver tells about a task.

use super::exit::ExitOutcome;
use crate::domain::time::Timestamp;

/// The coarse state that hosts know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The container runs, or is being stopped.
    Running,
    /// The container has ended.
    Exited,
}

/// A snapshot of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskStatus {
    /// See [`Phase`].
    pub phase: Phase,
    /// When the container started; `None` if the runtime did not say.
    pub started_at: Option<Timestamp>,
    /// How it ended, once it has.
    pub outcome: Option<ExitOutcome>,
    /// The host has been promised that nothing is left of it.
    pub destroyed: bool,
}
