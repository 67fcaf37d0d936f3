//! A container's output from the service, where its file is not to be seen from here: `GetContainerLogs`.
//!
//! What it tells comes in whole records, once a second, and not to the end: a follower is told that the container is no
//! longer running before the last lines. So the rest is read in one piece once the end is on record. JSON is text:
//! bytes that are none arrive as replacement characters. The whole log must fit into one message.

use super::client::{Ask, Failure, Podman, Replies};
use super::{refusal, wire};
use crate::adapters::podman::call::Call;
use crate::domain::container::ContainerState;
use crate::domain::last_words::LAST_WORDS_BYTES;
use crate::domain::limits::{QUERY_TIMEOUT, RETRY_FIRST, RETRY_LONGEST};
use crate::domain::log::{K8sFile, LogBatch, LogCursor, LogStart, Stream};
use crate::domain::task::identity::ContainerId;
use crate::ports::clock::within;
use crate::ports::{ErrorKind, RuntimeError};
use futures_util::stream::{self, BoxStream, StreamExt};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Names cursors of ours: those of a file are made of its inode.
const GENERATION: u64 = u64::MAX;

/// What a follower is told at the end (1.9.3). Every other error is one.
const END: &str = "is no longer running";

struct Follower {
    podman: Arc<Podman>,
    call: Call,
    id: ContainerId,
    /// Bytes of the file that have been delivered.
    delivered: u64,
    split: K8sFile,
    /// The call under way, and how many bytes of the file it has told.
    open: Option<(Replies, u64)>,
    /// Where it begins is still to be said.
    here: bool,
    pause: Duration,
    over: bool,
}

impl Podman {
    /// See [`crate::ports::ContainerRuntime::logs`].
    pub async fn told_logs(
        self: &Arc<Self>,
        id: &ContainerId,
        start: LogStart,
    ) -> Result<BoxStream<'static, Result<LogBatch, RuntimeError>>, RuntimeError> {
        let call = Call::new("read logs of container", id);
        let delivered = match start {
            LogStart::After(cursor) if cursor.generation == GENERATION => cursor.offset,
            LogStart::Beginning | LogStart::After(_) => 0,
            LogStart::Now => bytes(&self.lines(&call, id).await?),
        };
        let follower = Follower {
            podman: Arc::clone(self),
            call,
            id: id.clone(),
            delivered,
            split: K8sFile::default(),
            open: None,
            here: start == LogStart::Now,
            pause: RETRY_FIRST,
            over: false,
        };
        Ok(stream::unfold(Some(follower), |follower| async { follower?.step().await }).boxed())
    }

    /// See [`crate::ports::ContainerRuntime::last_words`].
    pub async fn told_last_words(&self, call: &Call, id: &ContainerId) -> Result<Vec<u8>, RuntimeError> {
        let (mut split, mut batch) = (K8sFile::default(), LogBatch::default());
        self.lines(call, id).await?.iter().for_each(|line| split.feed(line.as_bytes(), &mut batch));
        let mut words = batch.of(Stream::Stderr).into_owned();
        words.drain(..words.len().saturating_sub(LAST_WORDS_BYTES));
        Ok(words)
    }

    /// All records that there are now.
    async fn lines(&self, call: &Call, id: &ContainerId) -> Result<Vec<String>, RuntimeError> {
        let lines: wire::Lines = self.ask(call, &ask(id), refusal::usual).await?;
        Ok(lines.container)
    }
}

fn ask(id: &ContainerId) -> Ask {
    Ask::query("GetContainerLogs", json!({ "name": id.as_str() }))
}

fn bytes(lines: &[String]) -> u64 {
    lines.iter().map(|line| line.len() as u64).sum()
}

type Step = Option<(Result<LogBatch, RuntimeError>, Option<Follower>)>;

impl Follower {
    async fn step(mut self) -> Step {
        match self.next().await {
            Ok(Some(batch)) => Some((Ok(batch), Some(self))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    }

    async fn next(&mut self) -> Result<Option<LogBatch>, RuntimeError> {
        if std::mem::take(&mut self.here) {
            return Ok(Some(self.take(&[], 0)));
        }
        while !self.over {
            let told = match self.open.take() {
                Some((replies, told)) => self.follow(replies, told).await?,
                None => self.begin().await?,
            };
            if let Some(batch) = told.filter(|batch| !batch.chunks.is_empty()) {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    /// What a container's state calls for: all of it, a look later, or following it.
    async fn begin(&mut self) -> Result<Option<LogBatch>, RuntimeError> {
        match self.podman.inspect(self.id.as_str()).await?.facts.state {
            ContainerState::Exited => {
                let lines = self.podman.lines(&self.call, &self.id).await?;
                self.over = true;
                Ok(Some(self.take(&lines, 0)))
            }
            ContainerState::Running | ContainerState::Paused => {
                let replies = self.podman.stream(&self.call, &ask(&self.id)).await?;
                self.open = Some((replies, 0));
                Ok(None)
            }
            _ => self.later().await,
        }
    }

    async fn later(&mut self) -> Result<Option<LogBatch>, RuntimeError> {
        self.podman.clock().sleep(self.pause).await;
        self.pause = (self.pause * 2).min(RETRY_LONGEST);
        Ok(None)
    }

    /// What the service tells next, once a second; the end, which it tells as an error, is seen at the next look.
    async fn follow(&mut self, mut replies: Replies, told: u64) -> Result<Option<LogBatch>, RuntimeError> {
        let next = within(self.podman.clock(), QUERY_TIMEOUT, replies.next::<wire::Lines>()).await;
        let next = next.map_err(|_| {
            let seconds = QUERY_TIMEOUT.as_secs();
            self.call.error(ErrorKind::TimedOut, format!("Podman told nothing for {seconds} s"))
        })?;
        match next {
            Ok(Some(lines)) => {
                let batch = self.take(&lines.container, told);
                self.open = Some((replies, told + bytes(&lines.container)));
                self.pause = RETRY_FIRST;
                Ok(Some(batch))
            }
            Ok(None) => self.later().await,
            Err(Failure::Refused(refusal)) if refusal.reason.contains(END) => self.later().await,
            Err(failure) => Err(self.podman.failed(&self.call, false, failure)),
        }
    }

    /// The output in those of `lines` that have not been delivered; the first one is `at` bytes into the file.
    fn take(&mut self, lines: &[String], mut at: u64) -> LogBatch {
        let mut batch = LogBatch::default();
        for line in lines {
            if at >= self.delivered {
                self.split.feed(line.as_bytes(), &mut batch);
                self.delivered = at + line.len() as u64;
            }
            at += line.len() as u64;
        }
        batch.cursor = LogCursor { generation: GENERATION, offset: self.delivered };
        batch
    }
}

#[cfg(test)]
#[path = "logs_tests.rs"]
mod tests;
