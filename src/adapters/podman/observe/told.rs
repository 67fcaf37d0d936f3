//! A container's output as its service tells it, for where the file of conmon cannot be seen, or there is none: with the
//! journal, or in another mount namespace.
//!
//! Costs the service much more than a file that we read. It knows the time of a line only in seconds, so a position is
//! a second and the bytes of it that were delivered: whoever goes on asks for that second again and leaves those out. A
//! clock that is set back in the same moment makes it leave out others.

use super::{Batches, Line, Service, Wanted};
use crate::adapters::podman::call::Call;
use crate::domain::limits::{QUERY_TIMEOUT, RETRY_FIRST};
use crate::domain::log::{LogBatch, LogCursor, LogStart};
use crate::domain::task::identity::ContainerId;
use crate::domain::time::Timestamp;
use crate::ports::clock::within;
use crate::ports::{ErrorKind, RuntimeError};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use std::sync::Arc;

const NANOS: i64 = 1_000_000_000;

/// In a cursor's generation, above the second: it is one of ours, not of a file.
const TAG: u64 = 0x004e_4450;
const SECOND_BITS: u32 = 40;

type Lines = BoxStream<'static, Result<Vec<Line>, RuntimeError>>;

/// The output from `start` on, which ends some time after `ended` has come.
pub fn follow<S: Service>(
    service: Arc<S>,
    call: Call,
    id: ContainerId,
    start: LogStart,
    ended: BoxFuture<'static, ()>,
) -> Batches {
    let position = Position::new(start, service.clock().now());
    let here = start == LogStart::Now;
    let told = Told { service, call, id, position, ended: Some(ended), lines: None, here };
    let step = |mut told: Told<S>| async move {
        let batch = told.next().await.transpose()?;
        let more = batch.is_ok().then_some(told);
        Some((batch, more))
    };
    stream::unfold(Some(told), move |told| async move { step(told?).await }).boxed()
}

struct Told<S> {
    service: Arc<S>,
    call: Call,
    id: ContainerId,
    position: Position,
    /// `None` once it has come.
    ended: Option<BoxFuture<'static, ()>>,
    lines: Option<Lines>,
    /// Where it begins is still to be found out and said.
    here: bool,
}

impl<S: Service> Told<S> {
    async fn next(&mut self) -> Result<Option<LogBatch>, RuntimeError> {
        if std::mem::take(&mut self.here) {
            return self.passed().await.map(Some);
        }
        loop {
            match self.lines().await? {
                Some(lines) => {
                    let batch = self.position.pass(&lines);
                    if !batch.chunks.is_empty() {
                        return Ok(Some(batch));
                    }
                }
                None if self.ended.is_none() => return Ok(None),
                // The service goes away, or knows of an end that we are about to hear of.
                None => self.service.clock().sleep(RETRY_FIRST).await,
            }
        }
    }

    /// Passes what has been written so far in the second in which it begins: a position may be within one.
    async fn passed(&mut self) -> Result<LogBatch, RuntimeError> {
        let (service, wanted) = (Arc::clone(&self.service), self.position.wanted(false));
        let look = async {
            let mut lines = service.output(&self.call, &self.id, wanted).await?;
            let mut here = self.position.pass(&[]);
            while let Some(lines) = lines.next().await {
                here.cursor = self.position.pass(&lines?).cursor;
            }
            Ok(here)
        };
        within(service.clock(), QUERY_TIMEOUT, look).await.map_err(|_| {
            let seconds = QUERY_TIMEOUT.as_secs();
            self.call.error(ErrorKind::TimedOut, format!("Podman told its output for more than {seconds} s"))
        })?
    }

    /// What is told next; `None` at the end of a reply.
    async fn lines(&mut self) -> Result<Option<Vec<Line>>, RuntimeError> {
        let wanted = self.lines.is_none().then(|| self.position.wanted(self.ended.is_some()));
        let (service, call, id, lines) = (&self.service, &self.call, &self.id, &mut self.lines);
        let told = async {
            if let Some(wanted) = wanted {
                *lines = Some(service.output(call, id, wanted).await?);
            }
            match lines {
                Some(lines) => lines.next().await.transpose(),
                None => Ok(None),
            }
        };
        let told = match &mut self.ended {
            None => told.await?,
            Some(ended) => tokio::select! {
                biased;
                told = told => told?,
                () = ended => {
                    // A reply that follows may be cut short at the end: what is left is asked for as a whole.
                    (self.ended, self.lines) = (None, None);
                    return Ok(Some(Vec::new()));
                }
            },
        };
        if told.is_none() {
            self.lines = None;
        }
        Ok(told)
    }
}

/// How far the output has been told.
#[derive(Debug, Default)]
struct Position {
    /// The latest one of which there was something, since 1970; 0 before the first.
    second: i64,
    /// Bytes of it that are behind us.
    bytes: u64,
    /// Bytes of it that were asked for once more.
    skip: u64,
}

impl Position {
    fn new(start: LogStart, now: Timestamp) -> Self {
        match start {
            LogStart::Now => Self { second: now.unix_nanos().div_euclid(NANOS), ..Self::default() },
            LogStart::After(LogCursor { generation, offset }) if generation >> SECOND_BITS == TAG => {
                let second = generation & ((1 << SECOND_BITS) - 1);
                Self { second: second.cast_signed(), bytes: offset, ..Self::default() }
            }
            LogStart::Beginning | LogStart::After(_) => Self::default(),
        }
    }

    /// What to ask for to go on from here.
    fn wanted(&mut self, follow: bool) -> Wanted {
        self.skip += std::mem::take(&mut self.bytes);
        let before = Timestamp::from_unix_nanos(self.second.saturating_mul(NANOS).saturating_sub(1));
        Wanted { follow, after: (self.second > 0).then_some(before) }
    }

    /// What is new in `lines`.
    fn pass(&mut self, lines: &[Line]) -> LogBatch {
        let mut batch = LogBatch::default();
        for line in lines {
            if line.second > self.second {
                (self.second, self.bytes, self.skip) = (line.second, 0, 0);
            }
            let known = usize::try_from(self.skip).unwrap_or(usize::MAX).min(line.bytes.len());
            self.skip -= known as u64;
            self.bytes += line.bytes.len() as u64;
            if known < line.bytes.len() {
                batch.push(line.stream, &line.bytes[known..]);
            }
        }
        let generation = TAG << SECOND_BITS | self.second.cast_unsigned();
        batch.cursor = LogCursor { generation, offset: self.bytes };
        batch
    }
}

#[cfg(test)]
#[path = "told_tests.rs"]
mod tests;
