//! The way of a task's output from the runtime to the host: one [pump](super::pump) per task, where it begins and how it
//! ends.

use super::board::Publisher;
use super::losses::Losses;
use super::outlet::{Outlet, Outlets};
use super::pump::{Life, Pump, Read};
use super::retry::Backoff;
use super::{Settings, Shared};
use crate::domain::delivery::LogMark;
use crate::domain::limits::{LOG_DRAIN_TIMEOUT, LOG_OPEN_TIMEOUT};
use crate::domain::log::{LogBatch, LogStart, Stream};
use crate::domain::task::PlacedTask;
use crate::domain::task::identity::ContainerId;
use crate::domain::task::request::TaskDirs;
use crate::ports::clock::within;
use crate::ports::{Clock, ContainerRuntime, RuntimeError};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Output of a container as the runtime gives it.
pub type Batches = BoxStream<'static, Result<LogBatch, RuntimeError>>;

/// Tries to open a log while the host waits for a recovery, which is what can be gained: lines of its first moments.
const OPEN_TRIES: u32 = 3;

/// Where a pump begins.
pub enum LogsFrom {
    /// With the first byte.
    Beginning,
    /// After what an earlier driver delivered, or with what comes from now on if none did.
    Resumed {
        /// Opened already, if it could be: what the task writes from then on is not missed, however long the pump
        /// takes to get going.
        batches: Option<Batches>,
        /// What the earlier driver noted.
        mark: Option<LogMark>,
    },
    /// The container itself writes to the host's collector: there is nothing to pump.
    Elsewhere,
}

impl LogsFrom {
    /// Opens the log where an earlier driver stopped, and notes where that is: should this driver be ended before it
    /// has delivered anything, the next one begins there too.
    pub async fn resumed(shared: &Shared, runtime: &dyn ContainerRuntime, container: &ContainerId) -> Self {
        let mut ledger = shared.host.log_ledger(container);
        let mark = ledger.recall();
        let mut tries = OPEN_TRIES;
        let mut backoff = Backoff::new(&*shared.clock);
        loop {
            match open(runtime, &*shared.clock, container, mark).await {
                Err(error) if tries > 1 && error.kind.is_transient() => tries -= 1,
                Ok((batches, mark)) => {
                    mark.iter().for_each(|mark| ledger.note(mark));
                    return Self::Resumed { batches: Some(batches), mark };
                }
                Err(_) => return Self::Resumed { batches: None, mark },
            }
            backoff.pause().await;
        }
    }

    /// Whether there may be output that no driver has delivered, of a container that has ended.
    pub async fn has_more(&mut self, clock: &dyn Clock) -> bool {
        let Self::Resumed { batches, .. } = self else { return false };
        let Some(opened) = batches.take() else { return true };
        let mut opened = opened.peekable();
        let is_empty = within(clock, LOG_OPEN_TIMEOUT, Pin::new(&mut opened).peek()).await == Ok(None);
        *batches = Some(opened.boxed());
        !is_empty
    }
}

/// The log from `mark` on; without one from now on, and where that is if it can be told soon.
async fn open(
    runtime: &dyn ContainerRuntime,
    clock: &dyn Clock,
    container: &ContainerId,
    mark: Option<LogMark>,
) -> Result<(Batches, Option<LogMark>), RuntimeError> {
    let mut batches = runtime.logs(container, start(mark)).await?;
    if mark.is_some() {
        return Ok((batches, mark));
    }
    let first = within(clock, LOG_OPEN_TIMEOUT, batches.next()).await;
    let Some(here) = first.ok().flatten().transpose()? else { return Ok((batches, None)) };
    if here.chunks.is_empty() {
        return Ok((batches, Some(LogMark { cursor: here.cursor, ..LogMark::default() })));
    }
    // Output already: nobody can tell where it began.
    Ok((stream::iter([Ok(here)]).chain(batches).boxed(), None))
}

fn start(mark: Option<LogMark>) -> LogStart {
    mark.map_or(LogStart::Now, |mark| LogStart::After(mark.cursor))
}

/// A running pump. It ends by itself after the last byte. Dropping this stops it as the end of the process would:
/// another driver may go on.
pub struct LogPump {
    running: JoinHandle<()>,
    life: Publisher<Life>,
    stop: CancellationToken,
    clock: Arc<dyn Clock>,
}

impl LogPump {
    /// The task has ended for good; `once` unless its container may have been started again since the pump began.
    pub fn over(&self, once: bool) {
        self.life.tell(|life| {
            *life = Life::Over { once };
            true
        });
    }

    /// The task has ended: waits until all of its output has been delivered, or for [`LOG_DRAIN_TIMEOUT`]. The
    /// host's collector may see the end then.
    pub async fn finish(mut self) {
        if self.life.board().now(|life| *life == Life::On) {
            self.over(false);
        }
        if within(&*self.clock, LOG_DRAIN_TIMEOUT, &mut self.running).await.is_err() {
            self.stop.cancel();
            // A pump that panicked has delivered what it could.
            drop((&mut self.running).await);
        }
    }
}

impl Drop for LogPump {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// Whether the host has a collector for the task's output, and the operator wants it filled. Without one both paths
/// are `/dev/null`.
pub(super) fn are_wanted(settings: &Settings, dirs: &TaskDirs) -> bool {
    let null = Path::new("/dev/null");
    let nowhere = *dirs.stdout == *null && *dirs.stderr == *null;
    !settings.plugin.disable_log_collection && !nowhere
}

/// A pump that has not begun.
pub struct Unstarted {
    pump: Box<Pump>,
    opened: Option<Batches>,
}

impl Unstarted {
    /// Begins, on the current tokio runtime.
    pub fn start(self) -> LogPump {
        let (stop, clock) = (self.pump.stop.clone(), Arc::clone(&self.pump.shared.clock));
        let life = Publisher::new(Life::On);
        let running = tokio::spawn(self.pump.run(self.opened, life.board()));
        LogPump { running, life, stop, clock }
    }
}

/// What carries the task's output from there on.
pub(super) fn prepare(
    shared: &Arc<Shared>,
    runtime: &Arc<dyn ContainerRuntime>,
    task: &Arc<PlacedTask>,
    container: &ContainerId,
    from: LogsFrom,
) -> Option<Unstarted> {
    let outlet = |stream| Outlet::new(stream, shared.host.log_sink(task, stream));
    let (start, opened, mark) = match from {
        LogsFrom::Beginning => (LogStart::Beginning, None, Some(LogMark::default())),
        LogsFrom::Resumed { batches, mark } => (start(mark), batches, mark),
        LogsFrom::Elsewhere => return None,
    };
    let ledger = shared.host.log_ledger(container);
    let pump = Box::new(Pump {
        shared: Arc::clone(shared),
        runtime: Arc::clone(runtime),
        container: container.clone(),
        start,
        read: Read::Never,
        outlets: Outlets::new(outlet(Stream::Stdout), outlet(Stream::Stderr), ledger, mark),
        losses: Losses::new(Arc::clone(shared), Arc::clone(task)),
        stop: CancellationToken::new(),
    });
    Some(Unstarted { pump, opened })
}
