//! Follows the file that conmon appends a container's output to (log driver `k8s-file`).
//!
//! Woken by inotify, so an idle follower costs nothing and a line arrives within a millisecond. Records are
//! taken apart by [`K8sFile`]; a cursor never points into one. What happens to the file, and what we do:
//!
//! * rotated by conmon (`ctr.log.tmp` renamed over it, when a size is set): the old file is read to its end,
//!   then the new one from its beginning;
//! * truncated: read again from its beginning;
//! * removed with its container: what we hold open is read to its end;
//! * replaced by a symlink, a FIFO or a device: refused, the follower ends with an error.

use super::inotify::Watch;
use crate::domain::log::{K8sFile, LogBatch, LogCursor, LogStart};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, Statx, StatxFlags};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes per read: one batch is at most that. conmon writes records of at most 8 KiB.
const READ_BYTES: usize = 128 * 1024;

/// The output from `start` on. Once `ended` has come, the rest is read and the stream ends; `ended` must not
/// come before conmon has written everything. A file that is not there yet is waited for.
///
/// # Errors
/// The file cannot be opened or is no regular file.
pub async fn follow(
    path: PathBuf,
    start: LogStart,
    ended: BoxFuture<'static, ()>,
) -> io::Result<BoxStream<'static, io::Result<LogBatch>>> {
    follow_with(Watch::new(), path, start, ended).await
}

async fn follow_with(
    watch: Watch,
    path: PathBuf,
    start: LogStart,
    ended: BoxFuture<'static, ()>,
) -> io::Result<BoxStream<'static, io::Result<LogBatch>>> {
    let mut follower = Follower {
        path: path.into(),
        watch,
        open: None,
        start,
        ended: Some(ended),
        buffer: vec![0; READ_BYTES],
    };
    follower.open().await?;
    let step = |mut follower: Follower| async {
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
    watch: Watch,
    open: Option<OpenLog>,
    /// Where to begin in the next file that is opened.
    start: LogStart,
    /// `None` once it has come.
    ended: Option<BoxFuture<'static, ()>>,
    buffer: Vec<u8>,
}

struct OpenLog {
    file: Arc<File>,
    generation: u64,
    /// Of the next byte to read.
    offset: u64,
    split: K8sFile,
    /// Another file has its name: nothing comes after its end.
    replaced: bool,
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
    /// The next batch, or the end.
    async fn next(&mut self) -> io::Result<Option<LogBatch>> {
        loop {
            let Some(log) = &mut self.open else {
                if self.ended.is_none() {
                    return Ok(None);
                }
                self.wait().await?;
                self.open().await?;
                continue;
            };
            match log.look(&self.path, &mut self.buffer).await? {
                Look::Bytes(length) => {
                    let batch = log.take(&self.buffer[..length]);
                    if !batch.chunks.is_empty() {
                        return Ok(Some(batch));
                    }
                }
                Look::End { size, .. } if size < log.offset => log.rewind(),
                Look::End { .. } if log.replaced => {
                    self.start = LogStart::Beginning;
                    self.open().await?;
                }
                // Read on once more: conmon may have written between the read and the renaming.
                Look::End { named: Some(named), .. } if named != log.generation => log.replaced = true,
                Look::End { .. } if self.ended.is_none() => return Ok(None),
                Look::End { .. } => self.wait().await?,
            }
        }
    }

    /// Returns on a change of what is watched, or on the end of the container.
    async fn wait(&mut self) -> io::Result<()> {
        let Some(ended) = &mut self.ended else { return Ok(()) };
        tokio::select! {
            changed = self.watch.changed() => changed,
            () = ended => {
                self.ended = None;
                Ok(())
            }
        }
    }

    /// Opens the file that has the name now and watches it; if there is none, watches for it.
    async fn open(&mut self) -> io::Result<()> {
        self.open = None;
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
        self.watch.file(&file)?;
        let start = self.start;
        let open = blocking(move || {
            let generation = generation(&statx_file(&file)?);
            let offset = first_offset(&file, generation, start)?;
            let split = K8sFile::default();
            Ok(OpenLog { file: file.into(), generation, offset, split, replaced: false })
        });
        self.open = Some(open.await?);
        Ok(())
    }
}

impl OpenLog {
    async fn look(&self, path: &Arc<Path>, buffer: &mut Vec<u8>) -> io::Result<Look> {
        let (file, path, offset) = (self.file.clone(), path.clone(), self.offset);
        let mut bytes = std::mem::take(buffer);
        let (bytes, look) = blocking(move || {
            let look = match file.read_at(&mut bytes, offset)? {
                0 => Look::End { size: file.metadata()?.len(), named: named(&path) },
                length => Look::Bytes(length),
            };
            Ok((bytes, look))
        })
        .await?;
        *buffer = bytes;
        Ok(look)
    }

    fn take(&mut self, bytes: &[u8]) -> LogBatch {
        let mut batch = LogBatch::default();
        self.split.feed(bytes, &mut batch);
        self.offset += bytes.len() as u64;
        let offset = self.offset.saturating_sub(self.split.held_bytes() as u64);
        batch.cursor = LogCursor { generation: self.generation, offset };
        batch
    }

    fn rewind(&mut self) {
        self.offset = 0;
        self.split = K8sFile::default();
    }
}

/// Runs `work`, which may wait for a disk, where that stalls nobody.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// The file at `path`, if there is one. Never follows a symlink and never waits for a FIFO's writer: a container
/// with access to its own log directory must not make us read something else.
async fn open_regular(path: &Arc<Path>) -> io::Result<Option<File>> {
    let path = path.clone();
    blocking(move || {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file: File = match rustix::fs::open(&*path, flags, Mode::empty()) {
            Ok(fd) => fd.into(),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if file.metadata()?.is_file() { Ok(Some(file)) } else { Err(io::ErrorKind::InvalidInput.into()) }
    })
    .await
}

fn first_offset(file: &File, generation: u64, start: LogStart) -> io::Result<u64> {
    let size = file.metadata()?.len();
    Ok(match start {
        LogStart::After(cursor) if cursor.generation == generation && cursor.offset <= size => cursor.offset,
        LogStart::Beginning | LogStart::After(_) => 0,
        LogStart::Now => last_record_end(file, size)?,
    })
}

/// Just past the last complete record: conmon may be in the middle of the next one.
fn last_record_end(file: &File, size: u64) -> io::Result<u64> {
    let mut tail = vec![0; READ_BYTES];
    let from = size.saturating_sub(READ_BYTES as u64);
    let length = file.read_at(&mut tail, from)?;
    let newline = tail[..length].iter().rposition(|byte| *byte == b'\n');
    Ok(newline.map_or(size, |at| from + at as u64 + 1))
}

/// Names a file for longer than its inode number does, which the file system soon gives to another.
fn generation(stat: &Statx) -> u64 {
    let born = stat.stx_btime.tv_sec.cast_unsigned().wrapping_mul(1_000_000_000);
    stat.stx_ino.rotate_left(32) ^ born.wrapping_add(u64::from(stat.stx_btime.tv_nsec))
}

fn statx_file(file: &File) -> io::Result<Statx> {
    Ok(rustix::fs::statx(file, "", AtFlags::EMPTY_PATH, StatxFlags::INO | StatxFlags::BTIME)?)
}

fn named(path: &Path) -> Option<u64> {
    let stat =
        rustix::fs::statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::INO | StatxFlags::BTIME).ok()?;
    Some(generation(&stat))
}

#[cfg(test)]
#[path = "logfile_tests.rs"]
mod tests;
