//! The way of a task's output from the runtime to the host: one pump per task, which has at most one batch in
//! hand. The runtime's log is the only buffer, and nothing is asked of it that has not been delivered: so a pump
//! costs no memory while its task is silent, a stuck collector delays its own task only, and the ledger tells
//! the next driver where to go on, to the byte.

use super::Shared;
use super::losses::Losses;
use super::outlet::{Outlet, Outlets};
use super::retry::Backoff;
use crate::domain::delivery::LogMark;
use crate::domain::limits::LOG_DRAIN_TIMEOUT;
use crate::domain::log::{LogBatch, LogStart, Stream};
use crate::domain::task::TaskRequest;
use crate::domain::task::identity::ContainerId;
use crate::ports::clock::within;
use crate::ports::{Clock, ContainerRuntime, ErrorKind, RuntimeError};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::path::Path;
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
    /// Opens the log where an earlier driver stopped.
    pub async fn resumed(shared: &Shared, runtime: &dyn ContainerRuntime, container: &ContainerId) -> Self {
        let mark = shared.host.log_ledger(container).recall();
        let mut tries = OPEN_TRIES;
        let mut backoff = Backoff::new(&*shared.clock);
        loop {
            match runtime.logs(container, start(mark)).await {
                Err(error) if tries > 1 && error.kind.is_transient() => tries -= 1,
                batches => return Self::Resumed { batches: batches.ok(), mark },
            }
            backoff.pause().await;
        }
    }
}

fn start(mark: Option<LogMark>) -> LogStart {
    mark.map_or(LogStart::Now, |mark| LogStart::After(mark.cursor))
}

/// A running pump. It ends by itself after the last byte. Dropping this stops it as the end of the process would:
/// another driver may go on.
pub struct LogPump {
    running: JoinHandle<()>,
    stop: CancellationToken,
    clock: Arc<dyn Clock>,
}

impl LogPump {
    /// The task has ended: waits until all of its output has been delivered, or for [`LOG_DRAIN_TIMEOUT`]. The
    /// host's collector may see the end then.
    pub async fn finish(mut self) {
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

/// Starts pumping unless the host wants no logs (both paths are `/dev/null` then).
pub(super) fn spawn(
    shared: &Arc<Shared>,
    runtime: &Arc<dyn ContainerRuntime>,
    task: &Arc<TaskRequest>,
    container: &ContainerId,
    from: LogsFrom,
) -> Option<LogPump> {
    let null = Path::new("/dev/null");
    if task.dirs.stdout == null && task.dirs.stderr == null {
        return None;
    }
    let outlet = |stream| Outlet::new(stream, shared.host.log_sink(task, stream));
    let (start, opened, mark) = match from {
        LogsFrom::Beginning => (LogStart::Beginning, None, Some(LogMark::default())),
        LogsFrom::Resumed { batches, mark } => (start(mark), batches, mark),
        LogsFrom::Elsewhere => return None,
    };
    let ledger = shared.host.log_ledger(container);
    let mut pump = Pump {
        runtime: Arc::clone(runtime),
        container: container.clone(),
        start,
        outlets: Outlets::new(outlet(Stream::Stdout), outlet(Stream::Stderr), ledger, mark),
        losses: Losses::new(Arc::clone(shared), Arc::clone(task)),
        clock: Arc::clone(&shared.clock),
    };
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let running = tokio::spawn(async move {
        tokio::select! {
            biased;
            () = pump.run(opened) => {}
            () = stopped.cancelled() => {}
        }
        pump.close();
    });
    Some(LogPump { running, stop, clock: Arc::clone(&shared.clock) })
}

struct Pump {
    runtime: Arc<dyn ContainerRuntime>,
    clock: Arc<dyn Clock>,
    container: ContainerId,
    /// Where to begin if the runtime loses the thread.
    start: LogStart,
    outlets: Outlets,
    losses: Losses,
}

impl Pump {
    async fn run(&mut self, mut opened: Option<Batches>) {
        let clock = Arc::clone(&self.clock);
        let mut backoff = Backoff::new(&*clock);
        while !self.follow(opened.take()).await {
            backoff.pause().await;
        }
    }

    /// Nobody goes on with this output.
    fn close(&mut self) {
        self.losses.tell();
        self.outlets.close();
    }

    /// Passes on one stream of batches; true when it is over for good.
    async fn follow(&mut self, opened: Option<Batches>) -> bool {
        let opened = match opened {
            Some(batches) => Ok(batches),
            None => self.runtime.logs(&self.container, self.start).await,
        };
        let mut batches = match opened {
            Ok(batches) => batches,
            Err(error) => return self.is_final(&error),
        };
        while let Some(batch) = self.next(&mut batches).await {
            match batch {
                Ok(batch) => {
                    self.losses.add(batch.dropped);
                    self.outlets.deliver(&batch, &*self.clock).await;
                    self.start = LogStart::After(batch.cursor);
                    // A flood never has to wait for its log nor, with a quick collector, for its pipe.
                    tokio::task::yield_now().await;
                }
                Err(error) => return self.is_final(&error),
            }
        }
        true
    }

    /// Sinks are opened at once, also those of a stream that stays silent: the host's collector counts as
    /// running only while it has both.
    async fn next(&mut self, batches: &mut Batches) -> Option<Result<LogBatch, RuntimeError>> {
        let mut backoff = Backoff::new(&*self.clock);
        while !self.outlets.open().await {
            tokio::select! {
                biased;
                batch = batches.next() => return batch,
                () = backoff.pause() => {}
            }
        }
        batches.next().await
    }

    fn is_final(&self, error: &RuntimeError) -> bool {
        let is_final =
            matches!(error.kind, ErrorKind::NotFound | ErrorKind::Unsupported | ErrorKind::Rejected);
        if is_final && !error.is(ErrorKind::NotFound) {
            tracing::warn!(container = self.container.as_str(), %error, "no logs of this container");
        } else {
            tracing::debug!(container = self.container.as_str(), %error, "cannot read the container's log");
        }
        is_final
    }
}
