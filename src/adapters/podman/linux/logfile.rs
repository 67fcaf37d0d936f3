//! Follows the file that conmon appends a container's output to (log driver `k8s-file`).
//!
//! Woken by inotify, so an idle follower costs nothing, not even a buffer, and a line arrives within a millisecond.
//! Records are taken apart by [`K8sFile`]; a cursor never points into one. What happens to the file, and what we do:
//!
//! * rotated by conmon (`ctr.log.tmp` renamed over it, when a size is set): the old file is read to its end,
//!   then the new one from its beginning;
//! * truncated: read again from its beginning;
//! * removed with its container: what we hold open is read to its end;
//! * replaced by a symlink, a FIFO or a device: refused, the follower ends with an error;
//! * read to some point, and the next batch asked for: what was delivered is given back to the disk ([`holes`]);
//! * grown faster than it is read, beyond the limit of [`Bounds`]: the older half is given up, and counted.

use super::backlog::Backlog;
use super::holes::{self, Hole};
use super::inotify::{Notifier, Watch};
use super::logopen;
use crate::domain::log::{K8sFile, LogBatch, LogCursor, LogStart};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use rustix::fs::OFlags;
use rustix::io::ReadWriteFlags;
use std::fs::File;
use std::io::{self, IoSliceMut};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Bytes of the first read after a pause: some lines. No more than the blocks that a disk gives anyway.
const FIRST_READ_BYTES: usize = 4 * 1024;

/// Bytes of a read when there is more: one batch. Of short lines, of which three quarters are conmon's words, that is half
/// of what a pipe holds, and others wait for no more. conmon writes records of at most 8 KiB.
const READ_BYTES: usize = 128 * 1024;

/// How soon after a read the next one may follow. A line that comes later than that is read at once.
const GATHER: Duration = Duration::from_millis(10);

/// What may be done to the file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bounds {
    /// It is ours: what has been delivered may be given back to the disk.
    pub ours: bool,
    /// Bytes of a file of ours that may wait to be read.
    pub backlog_max: Option<u64>,
}

/// The output from `start` on; from now on, after an empty batch whose cursor says where that is. Once `ended` has come, the rest is read and the stream ends; `ended` must not
/// come before conmon has written everything. A file that is not there yet is waited for.
///
/// # Errors
/// The file cannot be opened or is no regular file.
pub async fn follow(
    notifier: &Notifier,
    path: PathBuf,
    bounds: Bounds,
    start: LogStart,
    ended: BoxFuture<'static, ()>,
) -> io::Result<BoxStream<'static, io::Result<LogBatch>>> {
    let mut follower = Box::new(Follower {
        path: path.into(),
        bounds,
        watch: notifier.watch(),
        open: None,
        start,
        ended: Some(ended),
        buffer: Vec::new(),
        here: None,
    });
    Box::pin(follower.open()).await?;
    // A file that is not there yet is read from its beginning, as a cursor into none is.
    let cursor = follower.open.as_ref().map(OpenLog::cursor).unwrap_or_default();
    follower.here = (start == LogStart::Now).then_some(cursor);
    let step = |mut follower: Box<Follower>| async {
        match follower.next().await {
            Ok(Some(batch)) => Some((Ok(batch), Some(follower))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    };
    Ok(stream::unfold(Some(follower), move |follower| async move { step(follower?).await }).boxed())
}

struct Follower {
    path: Arc<Path>,
    bounds: Bounds,
    watch: Watch,
    open: Option<OpenLog>,
    /// Where to begin in the next file that is opened.
    start: LogStart,
    /// `None` once it has come.
    ended: Option<BoxFuture<'static, ()>>,
    /// Empty while there is nothing to read.
    buffer: Vec<u8>,
    /// Where we are, if that is to be told first.
    here: Option<LogCursor>,
}

struct OpenLog {
    file: Arc<File>,
    generation: u64,
    /// Of the next byte to read.
    offset: u64,
    split: K8sFile,
    /// Another file has its name: nothing comes after its end.
    replaced: bool,
    hole: Hole,
    backlog: Option<Backlog>,
    /// Bytes given up that no batch has told of.
    dropped: u64,
}

/// What one look at an open file found.
enum Look {
    Bytes(usize),
    /// Nothing to read at the offset.
    End {
        size: u64,
        /// Of the file that has the name now, if any.
        named: Option<u64>,
    },
}

impl Follower {
    /// The next batch, or the end. Whatever came before has been delivered.
    async fn next(&mut self) -> io::Result<Option<LogBatch>> {
        if let Some(cursor) = self.here.take() {
            return Ok(Some(LogBatch { cursor, ..LogBatch::default() }));
        }
        // Boxed, as other steps that are soon over: as long as its task runs, a follower waits.
        Box::pin(self.give_back()).await;
        loop {
            let Some(log) = &mut self.open else {
                if self.ended.is_none() {
                    return Ok(None);
                }
                self.wait().await;
                Box::pin(self.open()).await?;
                continue;
            };
            match Box::pin(log.look(&self.path, &mut self.watch, &mut self.buffer)).await? {
                Look::Bytes(length) => {
                    let batch = log.take(&self.buffer[..length]);
                    // So much without a record is garbage: others come first, and whoever reads may stop.
                    if !batch.chunks.is_empty() || length == READ_BYTES {
                        return Ok(Some(batch));
                    }
                }
                Look::End { size, .. } if size < log.offset => log.rewind(),
                Look::End { .. } if log.replaced => {
                    self.start = LogStart::Beginning;
                    Box::pin(self.open()).await?;
                }
                // Read on once more: conmon may have written between the read and the renaming.
                Look::End { named: Some(named), .. } if named != log.generation => log.replaced = true,
                Look::End { .. } if self.ended.is_none() => return Ok(None),
                Look::End { .. } => self.wait().await,
            }
        }
    }

    /// Returns on a change of what is watched, or on the end of the container.
    async fn wait(&mut self) {
        self.buffer = Vec::new();
        let Some(ended) = &mut self.ended else { return };
        let changed = async {
            // In a flood conmon writes a piece at a time, and to wake for each costs more than to carry it.
            let gathered = tokio::time::sleep(GATHER);
            tokio::pin!(gathered);
            tokio::select! {
                biased;
                () = self.watch.changed() => gathered.await,
                () = &mut gathered => self.watch.changed().await,
            }
        };
        tokio::select! {
            () = changed => {}
            () = ended => self.ended = None,
        }
    }

    /// Opens the file that has the name now; if there is none, watches for it.
    async fn open(&mut self) -> io::Result<()> {
        if let Some(log) = self.open.take() {
            // The last to close a file that has no name any more waits until its blocks are free.
            tokio::task::spawn_blocking(move || drop(log));
        }
        if let Some(file) = open_regular(&self.path).await? {
            return self.begin(file).await;
        }
        if self.start == LogStart::Now {
            // All that a file has that is not there yet is written after now.
            self.start = LogStart::Beginning;
        }
        self.watch.dir(self.path.parent().unwrap_or(Path::new("/")))?;
        match open_regular(&self.path).await? {
            Some(file) => self.begin(file).await,
            None => Ok(()),
        }
    }

    async fn begin(&mut self, file: File) -> io::Result<()> {
        let start = self.start;
        let (file, generation, offset) = blocking(move || {
            let generation = logopen::generation(&file)?;
            let offset = logopen::first_offset(&file, generation, start)?;
            Ok((Arc::new(file), generation, offset))
        })
        .await?;
        let bounded = |max| Backlog::new(self.path.clone(), Arc::clone(&file), generation, max, offset);
        self.open = Some(OpenLog {
            backlog: self.bounds.backlog_max.map(bounded),
            file,
            generation,
            offset,
            split: K8sFile::default(),
            replaced: false,
            hole: Hole::default(),
            dropped: 0,
        });
        Ok(())
    }

    /// Punches out what has been delivered, if it pays.
    async fn give_back(&mut self) {
        let Some(log) = &mut self.open else { return };
        let Some(end) = log.hole.grow(log.delivered()).filter(|_| self.bounds.ours) else { return };
        let (path, generation) = (Arc::clone(&self.path), log.generation);
        if let Err(error) = blocking(move || holes::punch(&path, generation, end)).await {
            log.hole.refuse(&error);
        }
    }
}

impl OpenLog {
    /// Reads, or sets the watch and makes sure that there is nothing to read.
    async fn look(&mut self, path: &Arc<Path>, watch: &mut Watch, buffer: &mut Vec<u8>) -> io::Result<Look> {
        self.give_up()?;
        // The second read in a row is a long one.
        buffer.resize(if buffer.is_empty() { FIRST_READ_BYTES } else { READ_BYTES }, 0);
        if let Some(length @ 1..) = read_cached(&self.file, buffer, self.offset) {
            return Ok(Look::Bytes(length));
        }
        watch.file(&self.file)?;
        if let Some(look) = self.look_cached(path, buffer)? {
            return Ok(look);
        }
        let (file, path, offset) = (self.file.clone(), path.clone(), self.offset);
        let mut bytes = std::mem::take(buffer);
        let (bytes, look) = blocking(move || {
            let look = match file.read_at(&mut bytes, offset)? {
                0 => Look::End { size: file.metadata()?.len(), named: logopen::named(&path) },
                length => Look::Bytes(length),
            };
            Ok((bytes, look))
        })
        .await?;
        *buffer = bytes;
        Ok(look)
    }

    /// The same without waiting for a disk, or for a thread that may.
    fn look_cached(&self, path: &Path, buffer: &mut [u8]) -> io::Result<Option<Look>> {
        Ok(match read_cached(&self.file, buffer, self.offset) {
            None => None,
            Some(0) => {
                let size = self.file.metadata()?.len();
                logopen::named_cached(path).map(|named| Look::End { size, named })
            }
            Some(length) => Some(Look::Bytes(length)),
        })
    }

    fn take(&mut self, bytes: &[u8]) -> LogBatch {
        let mut batch = LogBatch { dropped: std::mem::take(&mut self.dropped), ..LogBatch::default() };
        self.split.feed(bytes, &mut batch);
        self.offset += bytes.len() as u64;
        batch.cursor = self.cursor();
        if let Some(backlog) = &self.backlog {
            backlog.reached(self.offset);
        }
        if batch.chunks.is_empty() {
            self.dropped = std::mem::take(&mut batch.dropped);
        }
        batch
    }

    fn cursor(&self) -> LogCursor {
        LogCursor { generation: self.generation, offset: self.delivered() }
    }

    /// Up to the last whole record.
    fn delivered(&self) -> u64 {
        self.offset.saturating_sub(self.split.held_bytes() as u64)
    }

    /// Goes on with the newer half of a backlog that has become too long.
    fn give_up(&mut self) -> io::Result<()> {
        let Some(backlog) = &self.backlog else { return Ok(()) };
        if let Some(offset) = backlog.keep_from(self.offset)? {
            self.dropped += offset - self.delivered();
            self.offset = offset;
            self.split = K8sFile::in_a_record();
        }
        Ok(())
    }

    fn rewind(&mut self) {
        self.offset = 0;
        self.split = K8sFile::default();
        self.hole = Hole::default();
        if let Some(backlog) = &self.backlog {
            backlog.reached(0);
        }
    }
}

/// Bytes that are in memory already; `None` for what only a disk, or another call, can tell.
fn read_cached(file: &File, buffer: &mut [u8], offset: u64) -> Option<usize> {
    rustix::io::preadv2(file, &mut [IoSliceMut::new(buffer)], offset, ReadWriteFlags::NOWAIT).ok()
}

/// Runs `work`, which may wait for a disk, where that stalls nobody.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

async fn open_regular(path: &Arc<Path>) -> io::Result<Option<File>> {
    let path = path.clone();
    blocking(move || logopen::regular(&path, OFlags::RDONLY)).await
}

#[cfg(test)]
#[path = "logfile_tests.rs"]
mod tests;
