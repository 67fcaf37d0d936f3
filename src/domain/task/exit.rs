//! How a task ended.

use crate::domain::time::Timestamp;

/// The true end of a container, as the runtime recorded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitRecord {
    /// Exit code; 128 + signal if a signal ended it, as OCI runtimes report it.
    pub code: i32,
    /// The kernel killed it for want of memory.
    pub oom_killed: bool,
    /// When it ended; `None` if the runtime does not say.
    pub finished_at: Option<Timestamp>,
}

impl ExitRecord {
    /// Exit code 0, and not by way of the OOM killer.
    pub fn is_success(&self) -> bool {
        self.code == 0 && !self.oom_killed
    }
}

/// What is known about the end of a task. Unknown is never success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExitOutcome {
    /// The runtime said so.
    Known(ExitRecord),
    /// It ended, or is gone, and nobody can say how: the reason, for a person.
    Unknown(String),
}

impl ExitOutcome {
    /// Whether the task succeeded for sure.
    pub fn is_success(&self) -> bool {
        match self {
            Self::Known(record) => record.is_success(),
            Self::Unknown(_) => false,
        }
    }
}
