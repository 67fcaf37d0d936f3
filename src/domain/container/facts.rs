//! What a runtime says about a container.

use crate::domain::secret::Texts;
use crate::domain::task::identity::{ContainerId, ContainerName};
use crate::domain::time::Timestamp;

/// State of a container, in words that all runtimes share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerState {
    /// Never started.
    Created,
    /// Its first process runs.
    Running,
    /// Frozen.
    Paused,
    /// Asked to stop by the runtime itself; its process may still run and its exit code is not yet there.
    Stopping,
    /// Its process has ended and the runtime has recorded how.
    Exited,
    /// On its way out.
    Removing,
    /// The runtime said something we do not know.
    Unknown,
}

impl ContainerState {
    /// Whether processes of the container may exist.
    pub fn is_alive(self) -> bool {
        match self {
            Self::Running | Self::Paused | Self::Stopping => true,
            Self::Created | Self::Exited | Self::Removing | Self::Unknown => false,
        }
    }
}

/// Memory of a container that the OOM killer ended, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemoryAtEnd {
    /// What it may have; `None` if there is no limit or it cannot be told.
    pub limit: Option<u64>,
    /// The most it had at one time; `None` where the kernel does not count that.
    pub peak: Option<u64>,
}

/// A path of the host inside a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// On the host.
    pub source: String,
    /// In the container.
    pub target: String,
}

/// A container as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerFacts {
    /// Its id.
    pub id: ContainerId,
    /// Its name.
    pub name: ContainerName,
    /// See [`ContainerState`].
    pub state: ContainerState,
    /// First process, in the host's pid namespace; `None` when not running.
    pub pid: Option<u32>,
    /// When it started last.
    pub started_at: Option<Timestamp>,
    /// When it ended last.
    pub finished_at: Option<Timestamp>,
    /// Only with [`ContainerState::Exited`], and only if the runtime knows.
    pub exit_code: Option<i32>,
    /// The OOM killer ended it.
    pub oom_killed: bool,
    /// Only with `oom_killed`, and only if it was seen before the control group was gone.
    pub memory_at_end: Option<MemoryAtEnd>,
    /// Its labels.
    pub labels: Texts,
    /// Id of its image; `None` if the runtime does not say.
    pub image: Option<String>,
    /// What of the host is bound into it. From an inspect only: a list entry has none.
    pub binds: Vec<Bind>,
    /// Its address on a network of the runtime.
    pub ip: Option<String>,
    /// What the image or spec says to stop it with: a name or number.
    pub stop_signal: Option<String>,
}
