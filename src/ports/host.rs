//! The host of the driver: Nomad, or the command line playing it.

use crate::domain::delivery::LogMark;
use crate::domain::log::Stream;
use crate::domain::task::identity::ContainerId;
use crate::domain::task::{AllocId, PlacedTask, TaskId};
use crate::domain::time::Timestamp;
use async_trait::async_trait;
use futures_util::future::BoxFuture;
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
    fn log_sink(&self, task: &PlacedTask, stream: Stream) -> Box<dyn LogSink>;

    /// Where it is noted how far a container's output has been delivered. A host whose tasks end with the driver
    /// need not remember.
    fn log_ledger(&self, _: &ContainerId) -> Box<dyn LogLedger> {
        Box::new(NoLedger)
    }

    /// Runs `work`, short steps between long waits, ahead of what keeps the machine busy, if the host can do that.
    /// Dropping the result ends it.
    fn promptly(&self, work: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
        work
    }

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

/// One stream of a task on its way to the host's collector. A sink that is dropped without [`LogSink::close`] is
/// gone on with by another driver: until then the collector must not take the stream for ended.
#[async_trait]
pub trait LogSink: Send {
    /// Delivers the first of `bytes`, as many as the collector takes, waiting for one that is slow; tells how many.
    /// No bytes open the sink. Cancel safe: a cancelled write has delivered nothing.
    ///
    /// # Errors
    /// The sink cannot take anything now: no reader, or a reader that went away. Nothing was delivered, and the
    /// caller may try again.
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Nothing more will come, from nobody: the collector may see the end.
    fn close(&mut self) {}
}

/// How far one container's output has been delivered, kept where it outlives the driver.
pub trait LogLedger: Send {
    /// What was noted last, by whichever driver; `None` if nothing was, or it cannot be told.
    fn recall(&self) -> Option<LogMark>;

    /// Notes, at the price of a short write to memory; failing is not told, since delivering goes on all the same.
    fn note(&mut self, mark: &LogMark);

    /// The container is gone, or nobody's concern any more: there is nothing to go on with.
    fn forget(&mut self);
}

/// Remembers nothing.
#[derive(Debug, Clone, Copy)]
pub struct NoLedger;

impl LogLedger for NoLedger {
    fn recall(&self) -> Option<LogMark> {
        None
    }

    fn note(&mut self, _: &LogMark) {}

    fn forget(&mut self) {}
}
