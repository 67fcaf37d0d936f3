//! The host of the driver: Nomad, or the command line playing it.

use crate::domain::log::Stream;
use crate::domain::task::{AllocId, TaskId, TaskRequest};
use crate::domain::time::Timestamp;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Something a person who looks at the task should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskEvent {
    /// Which task.
    pub task_id: TaskId,
    /// Its allocation.
    pub alloc_id: AllocId,
    /// Its name in the job.
    pub task_name: String,
    /// When.
    pub at: Timestamp,
    /// One line.
    pub message: String,
    /// Details, by name.
    pub annotations: BTreeMap<String, String>,
}

/// What the driver tells its host, and what it finds there.
#[async_trait]
pub trait NomadHost: Send + Sync {
    /// Tells an event. Never blocks; dropped when nobody listens.
    fn emit(&self, event: TaskEvent);

    /// Where one output stream of a task goes. Opening happens on the first write, because the host's reader
    /// may come later than the task (RecoverTask runs before the log collector starts).
    fn log_sink(&self, task: &TaskRequest, stream: Stream) -> Box<dyn LogSink>;

    /// Number of CPU cores that tasks can use, at least 1.
    fn cores(&self) -> u32;

    /// Where the host's own Docker driver finds Docker, if something is there; a host without one has none.
    fn docker_socket(&self) -> Option<PathBuf> {
        None
    }

    /// `path` without symlinks. A path that does not exist yet is resolved as far as it does.
    ///
    /// # Errors
    /// What the file system says.
    async fn resolve(&self, path: &Path) -> io::Result<PathBuf>;
}

/// One stream of a task on its way to the host's collector.
#[async_trait]
pub trait LogSink: Send {
    /// Delivers all of `bytes`, waiting for a reader that is slow. An empty write opens the sink. Cancel safe in
    /// that a cancelled write may have delivered a prefix.
    ///
    /// # Errors
    /// The sink cannot take anything now: no reader, or a reader that went away. The caller may try again; the
    /// bytes of this call may be lost in part.
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
}
