//! The way of a task's output from the runtime to the host.

use super::retry::Backoff;
use crate::domain::log::{LogBatch, LogStart, Stream};
use crate::domain::task::TaskRequest;
use crate::domain::task::identity::ContainerId;
use crate::ports::{Clock, ContainerRuntime, ErrorKind, LogSink, NomadHost};
use futures_util::StreamExt;
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinHandle;

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
    start: LogStart,
) -> Option<LogPump> {
    let null = Path::new("/dev/null");
    if task.dirs.stdout == null && task.dirs.stderr == null {
        return None;
    }
    let pump = Pump {
        runtime: Arc::clone(runtime),
        clock: Arc::clone(clock),
        container: container.clone(),
        stdout: host.log_sink(task, Stream::Stdout),
        stderr: host.log_sink(task, Stream::Stderr),
    };
    Some(LogPump(tokio::spawn(pump.run(start))))
}

struct Pump {
    runtime: Arc<dyn ContainerRuntime>,
    clock: Arc<dyn Clock>,
    container: ContainerId,
    stdout: Box<dyn LogSink>,
    stderr: Box<dyn LogSink>,
}

impl Pump {
    /// Reads on from the last delivered byte whenever the runtime loses the thread.
    async fn run(mut self, mut start: LogStart) {
        let clock = Arc::clone(&self.clock);
        let mut backoff = Backoff::new(&*clock);
        while !self.follow(&mut start).await {
            backoff.pause().await;
        }
    }

    /// Delivers one stream of batches; true when it is over for good.
    async fn follow(&mut self, start: &mut LogStart) -> bool {
        let mut batches = match self.runtime.logs(&self.container, *start).await {
            Ok(batches) => batches,
            Err(error) => return self.is_final(&error),
        };
        while let Some(batch) = batches.next().await {
            match batch {
                Ok(batch) => {
                    self.deliver(&batch).await;
                    *start = LogStart::After(batch.cursor);
                }
                Err(error) => return self.is_final(&error),
            }
        }
        true
    }

    fn is_final(&self, error: &crate::ports::RuntimeError) -> bool {
        tracing::debug!(container = self.container.as_str(), %error, "cannot read the container's log");
        matches!(error.kind, ErrorKind::NotFound | ErrorKind::Unsupported | ErrorKind::Rejected)
    }

    async fn deliver(&mut self, batch: &LogBatch) {
        for chunk in &batch.chunks {
            let sink = match chunk.stream {
                Stream::Stdout => &mut self.stdout,
                Stream::Stderr => &mut self.stderr,
            };
            let mut backoff = Backoff::new(&*self.clock);
            while let Err(error) = sink.write(&chunk.bytes).await {
                tracing::trace!(container = self.container.as_str(), %error, "the log's reader is away");
                backoff.pause().await;
            }
        }
    }
}
