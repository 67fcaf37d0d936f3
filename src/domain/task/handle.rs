//! What survives us: enough to find a task's container again, and no secret.

use super::identity::{ContainerId, ContainerName};
use crate::domain::time::Timestamp;

/// The state that the host stores for a task. Everything recovery needs is here or in the runtime's own record
/// of the container, because the host forgets the driver config over an agent restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    /// Name of the plugin's socket that runs it.
    pub socket: String,
    /// The container.
    pub container: ContainerId,
    /// Its name, should the id be unknown to the runtime.
    pub name: ContainerName,
    /// When it started.
    pub started_at: Option<Timestamp>,
}

/// The layout that is written today. Older ones decode, newer ones are refused.
pub const HANDLE_VERSION: u32 = 1;
