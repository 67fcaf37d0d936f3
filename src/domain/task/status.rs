//! What the driver tells about a task.

use super::exit::ExitOutcome;
use crate::domain::container::ContainerFacts;
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

/// What is kept of a look at a container that was told to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstLook {
    /// When it started; `None` if the runtime does not say.
    pub started_at: Option<Timestamp>,
    /// What ends it if the host names no signal: what the image or the task says, or SIGTERM.
    pub stop_signal: Signal,
}

impl From<&ContainerFacts> for FirstLook {
    fn from(facts: &ContainerFacts) -> Self {
        let named = facts.stop_signal.as_deref().and_then(|signal| signal.parse().ok());
        Self { started_at: facts.started_at, stop_signal: named.unwrap_or(Signal::TERM) }
    }
}

/// A snapshot of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskStatus {
    /// See [`Phase`].
    pub phase: Phase,
    /// What was seen of the container; `None` until somebody has looked at it since it was told to start.
    pub first_look: Option<FirstLook>,
    /// How it ended, once it has.
    pub outcome: Option<ExitOutcome>,
    /// The host has been promised that nothing is left of it.
    pub destroyed: bool,
}

impl TaskStatus {
    /// When the container started; `None` if nobody knows yet, or ever.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.first_look?.started_at
    }
}
