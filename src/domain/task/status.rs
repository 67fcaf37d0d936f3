//! What the driver tells about a task.

use super::exit::ExitOutcome;
use crate::domain::signal::Signal;
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
    /// When the container started, as the runtime says; `None` if it did not, or has not been asked yet.
    pub started_at: Option<Timestamp>,
    /// What ends it if the host names no signal; `None` until the runtime has been asked.
    pub stop_signal: Option<Signal>,
    /// How it ended, once it has.
    pub outcome: Option<ExitOutcome>,
    /// The host has been promised that nothing is left of it.
    pub destroyed: bool,
}
