//! The way of a task's output from the runtime to the host: one reader, and one writer per stream, so that a
//! stuck reader of one stream delays the other only once a few batches have piled up.

use super::retry::Backoff;
use crate::domain::log::{LogBatch, LogStart, Stream};
use crate::domain::task::TaskRequest;
use crate::domain::task::identity::ContainerId;
use crate::ports::{Clock, ContainerRuntime, ErrorKind, LogSink, NomadHost, RuntimeError};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

/// Chunks that may wait for the host's reader, per stream. A chunk is at most one read of the runtime's log;
/// the log itself is the real buffer.
const CHUNK_BACKLOG: usize = 4;

/// Output of a container as the runtime gives it.
pub type Batches = BoxStream<'static, Result<LogBatch, RuntimeError>>;

/// Where a pump begins.
pub enum LogsFrom {
    /// With the first byte.
    Beginning,
    /// With what comes out of a stream that is open already, if it could be opened: what the task writes from
    /// then on is not missed, however long the pump takes to get going.
    Opened(Option<Batches>),
    /// The container itself writes to the host's collector: there is nothing to pump.
    Elsewhere,
}

/// A running pump. It ends by itself after the last byte; dropping this aborts it.
pub struct LogPump(JoinHandle<()>);

impl LogPump {
    /// Waits until everything has been delivered.
    pub async fn drained(mut self) {
        // A pump that panicked has delivered what it could.
        drop((&mut self.0).await);
    }
}

impl Drop for LogPump {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts pumping unless the host wants no logs (both paths are `/dev/null` then).
pub fn spawn(
    runtime: &Arc<dyn ContainerRuntime>,
    host: &Arc<dyn NomadHost>,
    clock: &Arc<dyn Clock>,
    task: &TaskRequest,
    container: &ContainerId,
    from: LogsFrom,
) -> Option<LogPump> {
    let null = Path::new("/dev/null");
    let unwanted = task.dirs.stdout == null && task.dirs.stderr == null;
    if unwanted || matches!(from, LogsFrom::Elsewhere) {
        return None;
    }
    let mut writers = JoinSet::new();
    let mut writer = |stream| {
        let (chunks, inbox) = mpsc::channel(CHUNK_BACKLOG);
        writers.spawn(write(host.log_sink(task, stream), inbox, Arc::clone(clock)));
        chunks
    };
    let reader = Reader {
        runtime: Arc::clone(runtime),
        clock: Arc::clone(clock),
        container: container.clone(),
        stdout: writer(Stream::Stdout),
        stderr: writer(Stream::Stderr),
    };
    Some(LogPump(tokio::spawn(async move {
        reader.run(from).await;
        while writers.join_next().await.is_some() {}
    })))
}

/// Opens the sink at once, also for a stream that stays silent: the host's collector counts as running only
/// while it has both. Ends when the reader has, with everything delivered.
async fn write(mut sink: Box<dyn LogSink>, mut inbox: mpsc::Receiver<Vec<u8>>, clock: Arc<dyn Clock>) {
    deliver(&mut *sink, &[], &*clock).await;
    while let Some(chunk) = inbox.recv().await {
        deliver(&mut *sink, &chunk, &*clock).await;
    }
}

async fn deliver(sink: &mut dyn LogSink, bytes: &[u8], clock: &dyn Clock) {
    let mut backoff = Backoff::new(clock);
    while let Err(error) = sink.write(bytes).await {
        tracing::trace!(%error, "the log's reader is away");
        backoff.pause().await;
    }
}

struct Reader {
    runtime: Arc<dyn ContainerRuntime>,
    clock: Arc<dyn Clock>,
    container: ContainerId,
    stdout: mpsc::Sender<Vec<u8>>,
    stderr: mpsc::Sender<Vec<u8>>,
}

impl Reader {
    /// Reads on from the last batch whenever the runtime loses the thread.
    async fn run(self, from: LogsFrom) {
        let (mut start, mut opened) = match from {
            LogsFrom::Beginning => (LogStart::Beginning, None),
            LogsFrom::Opened(batches) => (LogStart::Now, batches),
            LogsFrom::Elsewhere => return,
        };
        let mut backoff = Backoff::new(&*self.clock);
        while !self.follow(&mut start, opened.take()).await {
            backoff.pause().await;
        }
    }

    /// Passes on one stream of batches; true when it is over for good.
    async fn follow(&self, start: &mut LogStart, opened: Option<Batches>) -> bool {
        let opened = match opened {
            Some(batches) => Ok(batches),
            None => self.runtime.logs(&self.container, *start).await,
        };
        let mut batches = match opened {
            Ok(batches) => batches,
            Err(error) => return self.is_final(&error),
        };
        while let Some(batch) = batches.next().await {
            match batch {
                Ok(batch) => {
                    *start = LogStart::After(batch.cursor);
                    self.pass_on(batch).await;
                }
                Err(error) => return self.is_final(&error),
            }
        }
        true
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

    async fn pass_on(&self, batch: LogBatch) {
        for chunk in batch.chunks {
            let writer = match chunk.stream {
                Stream::Stdout => &self.stdout,
                Stream::Stderr => &self.stderr,
            };
            // A writer ends only after its reader, or by a panic of its sink: then this stream has no taker.
            drop(writer.send(chunk.bytes).await);
        }
    }
}
