//! The output of a container: kept whole up to a limit, read by any number of readers at their own pace.

use super::{locked, until};
use crate::domain::last_words::LAST_WORDS_BYTES;
use crate::domain::log::{LogBatch, LogChunk, LogCursor, LogStart, Stream};
use crate::ports::RuntimeError;
use futures_util::stream::{self, BoxStream, StreamExt};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Output kept of one container. Beyond it the oldest is dropped, so that a chatty simulation does not eat the
/// machine; far above what a test or an example reads.
pub(super) const LOG_BYTES: usize = 16 * 1024 * 1024;

/// Most bytes in one batch.
const BATCH_BYTES: usize = 64 * 1024;

/// Length up to which a write of the same stream joins the one before.
const CHUNK_BYTES: usize = 16 * 1024;

/// One container's output, over all its runs.
#[derive(Debug, Default)]
pub(super) struct LogStore {
    kept: Mutex<Kept>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Kept {
    /// With the offset of each one's first byte.
    chunks: VecDeque<(u64, LogChunk)>,
    /// Bytes in `chunks`.
    bytes: usize,
    /// Bytes dropped before them: where the first chunk begins.
    dropped: u64,
    /// Nothing more will come, for now.
    ended: bool,
    /// Less than [`LOG_BYTES`] may be kept.
    limit: Option<usize>,
}

impl Kept {
    fn end(&self) -> u64 {
        self.dropped + self.bytes as u64
    }

    fn append(&mut self, stream: Stream, bytes: &[u8]) {
        let end = self.end();
        self.bytes += bytes.len();
        match self.chunks.back_mut() {
            Some((_, last)) if last.stream == stream && last.bytes.len() < CHUNK_BYTES => {
                last.bytes.extend_from_slice(bytes);
            }
            _ => self.chunks.push_back((end, LogChunk { stream, bytes: bytes.to_vec() })),
        }
        while self.bytes > self.limit.unwrap_or(LOG_BYTES) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, oldest)) = self.chunks.pop_front() {
            self.bytes -= oldest.bytes.len();
            self.dropped += oldest.bytes.len() as u64;
        }
    }

    /// The next bytes from `offset`; `None` if there are none yet.
    fn batch(&self, offset: u64) -> Option<LogBatch> {
        let lost = self.dropped.saturating_sub(offset);
        let offset = offset.max(self.dropped);
        let first = self.chunks.partition_point(|(start, chunk)| start + chunk.bytes.len() as u64 <= offset);
        let cursor = LogCursor { generation: 0, offset };
        let mut batch = LogBatch { cursor, dropped: lost, ..LogBatch::default() };
        let mut room = BATCH_BYTES;
        for (start, chunk) in self.chunks.range(first..) {
            if room == 0 {
                break;
            }
            let skip = usize::try_from(offset.saturating_sub(*start)).unwrap_or(usize::MAX);
            let bytes = chunk.bytes.get(skip..).unwrap_or_default();
            let bytes = &bytes[..bytes.len().min(room)];
            batch.push(chunk.stream, bytes);
            room -= bytes.len();
        }
        let taken = (BATCH_BYTES - room) as u64;
        batch.cursor.offset += taken;
        (taken > 0).then_some(batch)
    }
}

impl LogStore {
    /// Keeps at most `limit` bytes, if that is less than [`LOG_BYTES`].
    pub(super) fn bounded(limit: Option<u64>) -> Self {
        let limit = limit.and_then(|bytes| usize::try_from(bytes).ok()).filter(|bytes| *bytes < LOG_BYTES);
        Self { kept: Mutex::new(Kept { limit, ..Kept::default() }), changed: Notify::new() }
    }

    /// A run of the container begins: readers wait for its output.
    pub(super) fn open(&self) {
        locked(&self.kept).ended = false;
    }

    /// The run is over: readers end after its last byte.
    pub(super) fn close(&self) {
        locked(&self.kept).ended = true;
        self.changed.notify_waiters();
    }

    /// Bytes that were dropped for [`LOG_BYTES`].
    pub(super) fn dropped(&self) -> u64 {
        locked(&self.kept).dropped
    }

    /// See [`crate::ports::ContainerRuntime::unread`].
    pub(super) fn unread(&self, start: LogStart) -> Option<u64> {
        let end = locked(&self.kept).end();
        match start {
            LogStart::Beginning => Some(end),
            LogStart::After(cursor) => Some(end.saturating_sub(cursor.offset)),
            LogStart::Now => None,
        }
    }

    /// See [`crate::ports::ContainerRuntime::last_words`].
    pub(super) fn last_words(&self) -> Vec<u8> {
        let kept = locked(&self.kept);
        let (mut parts, mut length) = (Vec::new(), 0);
        let words = kept.chunks.iter().rev().filter(|(_, chunk)| chunk.stream == Stream::Stderr);
        for (_, chunk) in words {
            length += chunk.bytes.len();
            parts.push(chunk.bytes.as_slice());
            if length >= LAST_WORDS_BYTES {
                break;
            }
        }
        parts.reverse();
        let mut words = parts.concat();
        words.drain(..length.saturating_sub(LAST_WORDS_BYTES));
        words
    }

    /// See [`crate::ports::ContainerRuntime::logs`].
    pub(super) fn read(
        self: &Arc<Self>,
        start: LogStart,
    ) -> BoxStream<'static, Result<LogBatch, RuntimeError>> {
        let end = locked(&self.kept).end();
        let offset = match start {
            LogStart::Beginning => 0,
            // A cursor from beyond the end was never given out; waiting for the log to reach it would be silence.
            LogStart::After(cursor) => cursor.offset.min(end),
            LogStart::Now => end,
        };
        let here = LogBatch { cursor: LogCursor { generation: 0, offset }, ..LogBatch::default() };
        let first = stream::iter((start == LogStart::Now).then_some(Ok(here)));
        let reader = (Arc::clone(self), offset);
        let batches = stream::unfold(reader, |(log, offset)| async move {
            let batch = log.next(offset).await?;
            let offset = batch.cursor.offset;
            Some((Ok(batch), (log, offset)))
        });
        first.chain(batches).boxed()
    }

    /// The next batch from `offset` on; `None` at the end.
    async fn next(&self, offset: u64) -> Option<LogBatch> {
        until(&self.changed, || {
            let kept = locked(&self.kept);
            match kept.batch(offset) {
                Some(batch) => Some(Some(batch)),
                None => kept.ended.then_some(None),
            }
        })
        .await
    }
}

/// Writes the log on behalf of the processes of one run.
#[derive(Debug, Clone)]
pub(super) struct LogWriter {
    log: Arc<LogStore>,
    /// When it is over no process of the run exists, whatever its task has yet to notice.
    run: CancellationToken,
}

impl LogWriter {
    pub(super) fn new(log: Arc<LogStore>, run: CancellationToken) -> Self {
        Self { log, run }
    }

    pub(super) fn append(&self, stream: Stream, bytes: &[u8]) {
        if bytes.is_empty() || self.run.is_cancelled() {
            return;
        }
        locked(&self.log.kept).append(stream, bytes);
        self.log.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> (Arc<LogStore>, LogWriter) {
        let log = Arc::new(LogStore::default());
        let writer = LogWriter::new(Arc::clone(&log), CancellationToken::new());
        (log, writer)
    }

    async fn all(log: &Arc<LogStore>, start: LogStart) -> Vec<u8> {
        let batches: Vec<_> = log.read(start).collect().await;
        let chunks = batches.into_iter().flat_map(|batch| batch.unwrap().chunks);
        chunks.flat_map(|chunk| chunk.bytes).collect()
    }

    #[tokio::test]
    async fn what_is_beyond_the_limit_is_dropped_from_the_front_and_counted() {
        let (log, writer) = log();
        let line = [b'x'; 1000];
        for _ in 0..=LOG_BYTES / line.len() + 100 {
            writer.append(Stream::Stdout, &line);
        }
        log.close();
        let kept = all(&log, LogStart::Beginning).await;
        assert!(kept.len() <= LOG_BYTES);
        assert_eq!(kept.len() as u64 + log.dropped(), ((LOG_BYTES / line.len() + 101) * line.len()) as u64);
    }

    #[tokio::test]
    async fn a_cursor_goes_on_where_it_stands_however_chunks_were_cut() {
        let (log, writer) = log();
        let text: Vec<u8> = (0..200_000u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
        for (at, piece) in text.chunks(777).enumerate() {
            let stream = if at % 3 == 0 { Stream::Stderr } else { Stream::Stdout };
            writer.append(stream, piece);
        }
        log.close();
        assert_eq!(all(&log, LogStart::Beginning).await, text);
        for offset in [0, 1, 776, 777, 778, 65_536, 199_999, 200_000] {
            let cursor = LogCursor { generation: 0, offset };
            let rest = all(&log, LogStart::After(cursor)).await;
            assert_eq!(rest, text[usize::try_from(offset).unwrap()..], "{offset}");
        }
        assert!(all(&log, LogStart::Now).await.is_empty());
        assert!(all(&log, LogStart::After(LogCursor { generation: 0, offset: 1 << 40 })).await.is_empty());
    }

    #[tokio::test]
    async fn a_run_that_is_over_writes_no_more() {
        let (log, writer) = log();
        writer.append(Stream::Stdout, b"a");
        writer.run.cancel();
        writer.append(Stream::Stdout, b"b");
        log.close();
        assert_eq!(all(&log, LogStart::Beginning).await, b"a");
    }
}
