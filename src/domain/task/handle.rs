//! What survives us: enough to find a task's container again, and no secret.

use super::identity::{ContainerId, ContainerName};
use crate::domain::time::Timestamp;

/// The state that the host stores for a task. Everything recovery needs is here or in the runtime's own record
/// of the container, because the host forgets the driver config over an agent restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    /// Name of the plugin's socket that runs it; empty if the writer did not know of several.
    pub socket: String,
    /// The container.
    pub container: ContainerId,
    /// Its name; empty if the writer did not keep it.
    pub name: ContainerName,
    /// When it started: as the runtime says, or by our clock where it was not asked before the host had its answer. For
    /// a driver that takes over; a recovery of ours asks the runtime.
    pub started_at: Option<Timestamp>,
    /// Who wrote it.
    pub origin: Origin,
}

/// Which driver started the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// This one.
    Ours,
    /// The Go driver: its containers have no labels of ours, see [`super::takeover`].
    GoDriver {
        /// Output goes to Podman's own log and the driver passes it on. Else the container itself writes to the
        /// host's collector.
        streams_logs: bool,
    },
}

/// The layout that is written today. Older ones decode, newer ones are refused.
pub const HANDLE_VERSION: u32 = 2;
