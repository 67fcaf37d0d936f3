//! The two sinks of a task, and how far each has got.

use super::retry::Backoff;
use crate::domain::delivery::LogMark;
use crate::domain::log::{LogBatch, Stream};
use crate::ports::{Clock, LogLedger, LogSink};
use std::sync::{Mutex, PoisonError};

/// One stream's sink.
pub struct Outlet {
    stream: Stream,
    sink: Box<dyn LogSink>,
    open: bool,
}

impl Outlet {
    /// Not open yet.
    pub fn new(stream: Stream, sink: Box<dyn LogSink>) -> Self {
        Self { stream, sink, open: false }
    }

    async fn open(&mut self) -> bool {
        if !self.open {
            self.open = self.sink.write(&[]).await.is_ok();
        }
        self.open
    }

    /// Delivers what the mark says is left of `bytes`, however long that takes.
    async fn deliver(&mut self, bytes: &[u8], progress: &Mutex<Progress>, clock: &dyn Clock) {
        let mut backoff = Backoff::new(clock);
        loop {
            let mark = locked(progress).mark;
            let rest = mark.rest(self.stream, bytes);
            if rest.is_empty() {
                return;
            }
            match self.sink.write(rest).await {
                Ok(count) => {
                    self.open = true;
                    locked(progress).advance(self.stream, count);
                    backoff = Backoff::new(clock);
                }
                Err(error) => {
                    tracing::trace!(%error, "the log's reader is away");
                    backoff.pause().await;
                }
            }
        }
    }
}

/// Both streams of one task.
pub struct Outlets {
    stdout: Outlet,
    stderr: Outlet,
    progress: Mutex<Progress>,
}

struct Progress {
    mark: LogMark,
    ledger: Box<dyn LogLedger>,
}

impl Progress {
    fn advance(&mut self, stream: Stream, bytes: usize) {
        self.mark.advance(stream, bytes);
        self.ledger.note(&self.mark);
    }
}

fn locked(progress: &Mutex<Progress>) -> std::sync::MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Outlets {
    /// Goes on from `mark`, which the ledger has from now on.
    pub fn new(
        stdout: Outlet,
        stderr: Outlet,
        mut ledger: Box<dyn LogLedger>,
        mark: Option<LogMark>,
    ) -> Self {
        if let Some(mark) = &mark {
            ledger.note(mark);
        }
        let progress = Mutex::new(Progress { mark: mark.unwrap_or_default(), ledger });
        Self { stdout, stderr, progress }
    }

    /// Whether there is nothing to open.
    pub fn are_open(&self) -> bool {
        self.stdout.open && self.stderr.open
    }

    /// Opens what is not open; true if both are now.
    pub async fn open(&mut self) -> bool {
        // Both, whatever the first says, and at once: until we have a pipe, nobody holds it should its keeper die.
        let (stdout, stderr) = tokio::join!(self.stdout.open(), self.stderr.open());
        stdout && stderr
    }

    /// Delivers a batch as a whole. Both streams at once: a stuck reader of one does not delay the other's bytes.
    /// Each write is noted when it is done, so another driver repeats at most one write per stream.
    pub async fn deliver(&mut self, batch: &LogBatch, clock: &dyn Clock) {
        locked(&self.progress).mark.begin(batch);
        let (stdout, stderr) = (batch.of(Stream::Stdout), batch.of(Stream::Stderr));
        tokio::join!(
            self.stdout.deliver(&stdout, &self.progress, clock),
            self.stderr.deliver(&stderr, &self.progress, clock),
        );
        let mut progress = locked(&self.progress);
        progress.mark.finish(batch.cursor, stdout.len(), stderr.len());
        let Progress { mark, ledger } = &mut *progress;
        ledger.note(mark);
    }

    /// Bytes delivered of a batch that is not delivered as a whole.
    pub fn beyond(&self) -> u64 {
        let mark = locked(&self.progress).mark;
        mark.stdout.saturating_add(mark.stderr)
    }

    /// The host has all that it gets from us. How far that is stays noted for as long as there is a container: it may
    /// be started again.
    pub fn close(&mut self) {
        self.stdout.sink.close();
        self.stderr.sink.close();
    }
}
