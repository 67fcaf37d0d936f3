//! Health and output.

use crate::domain::config::task::process::{HealthAction, HealthCommand};
use std::collections::BTreeMap;
use std::time::Duration;

/// How the health of a container is found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Health {
    /// As the image says.
    #[default]
    Image,
    /// Not at all.
    Disabled,
    /// By a check of the task.
    Check(HealthCheck),
}

/// A health check; `None` is the runtime's usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// What runs inside; exit 0 is healthy.
    pub command: HealthCommand,
    /// Pause between two.
    pub interval: Option<Duration>,
    /// How long one may take.
    pub timeout: Option<Duration>,
    /// Failures this soon after the start do not count.
    pub start_period: Option<Duration>,
    /// Failures in a row that count.
    pub retries: Option<u32>,
    /// What happens then.
    pub on_failure: Option<HealthAction>,
}

/// Where output goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// Who takes it.
    pub driver: LogDriver,
    /// Options of that driver.
    pub options: BTreeMap<String, String>,
    /// Bytes of the file beyond which it begins anew; `None` for what the runtime does.
    pub rotate_at: Option<u64>,
}

/// Who takes the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogDriver {
    /// A file that can be followed.
    #[default]
    File,
    /// The journal of the host.
    Journal,
    /// The runtime's own choice.
    Runtime,
}
