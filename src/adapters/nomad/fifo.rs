//! A FIFO of Nomad's log collector.
//!
//! Nomad plugin protocol 6.2: the collector's reader ends for good when the last writer closes, so a sink stays
//! open from its first write until it is closed, and [`Keeper`] holds it open over our own death; opening must not
//! block, because the reader may come later.

use super::keeper::Keeper;
use crate::ports::LogSink;
use async_trait::async_trait;
use rustix::fs::{Mode, OFlags};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};
use std::sync::Arc;
use tokio::net::unix::pipe::Sender;

/// Writes to one FIFO.
pub struct FifoSink {
    /// What lies below it is visible to the task, so that nothing below it is followed.
    alloc: Arc<Path>,
    path: Arc<Path>,
    keeper: Keeper,
    pipe: Option<Arc<Sender>>,
    /// The reader went away. What it has not read stays in the pipe for the next one as long as we hold it open.
    broken: bool,
}

impl FifoSink {
    /// A sink of a task of the allocation at `alloc` that opens `path` at its first write.
    pub fn new(alloc: Arc<Path>, path: Arc<Path>, keeper: Keeper) -> Self {
        Self { alloc, path, keeper, pipe: None, broken: false }
    }

    /// Opens without blocking. `from_owned_fd` refuses what is no pipe.
    async fn open(&mut self) -> io::Result<Arc<Sender>> {
        let pipe = Arc::new(Sender::from_owned_fd(open_below(&self.alloc, &self.path)?)?);
        self.pipe = Some(Arc::clone(&pipe));
        self.broken = false;
        self.keeper.hold(&self.path, &pipe).await;
        Ok(pipe)
    }
}

/// Opens `path` for writing, through no symlink below `alloc`: a task could have put one there, as its own `alloc/logs`,
/// that leads to the FIFOs of another one. Above `alloc` the operator may have as many as he likes.
fn open_below(alloc: &Path, path: &Path) -> io::Result<OwnedFd> {
    let write = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(below) = path.strip_prefix(alloc) else {
        return Ok(rustix::fs::open(path, write, Mode::empty())?);
    };
    let enter = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut dir = rustix::fs::open(alloc, enter, Mode::empty())?;
    let mut steps = below.components().peekable();
    while let Some(Component::Normal(step)) = steps.next() {
        if steps.peek().is_none() {
            return Ok(rustix::fs::openat(&dir, step, write, Mode::empty())?);
        }
        dir = rustix::fs::openat(&dir, step, enter | OFlags::NOFOLLOW, Mode::empty())?;
    }
    Err(io::ErrorKind::InvalidInput.into())
}

#[async_trait]
impl LogSink for FifoSink {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let pipe = match &self.pipe {
            Some(pipe) if !self.broken => Arc::clone(pipe),
            // A new one although the old may work again: its path may be another FIFO by now.
            Some(_) | None => self.open().await?,
        };
        if bytes.is_empty() {
            return Ok(0);
        }
        loop {
            pipe.writable().await?;
            match pipe.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    self.broken = true;
                    return Err(error);
                }
                Ok(count) => return Ok(count),
            }
        }
    }

    fn close(&mut self) {
        if self.pipe.take().is_some() {
            self.keeper.release(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, mknodat};
    use std::fs::File;
    use std::io::Read;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    fn fifo(dir: &tempfile::TempDir) -> PathBuf {
        let path = dir.path().join("fifo");
        mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).unwrap();
        path
    }

    fn sink(path: &Path) -> FifoSink {
        FifoSink::new(path.parent().unwrap().into(), path.into(), Keeper::none())
    }

    /// A reader that does not wait for a writer.
    fn reader(path: &Path) -> File {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        rustix::fs::open(path, flags, Mode::empty()).unwrap().into()
    }

    fn text(reader: &mut File) -> String {
        let mut bytes = [0; 64];
        let length = reader.read(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[tokio::test]
    async fn bytes_arrive_and_closing_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = fifo(&dir);
        let mut reader = reader(&path);
        let mut sink = sink(&path);
        assert_eq!(sink.write(b"one ").await.unwrap(), 4);
        assert_eq!(sink.write(b"two").await.unwrap(), 3);
        sink.close();
        assert_eq!(text(&mut reader), "one two");
        assert_eq!(text(&mut reader), "");
    }

    #[tokio::test]
    async fn without_a_reader_the_write_fails_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let error = sink(&fifo(&dir)).write(b"x").await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(rustix::io::Errno::NXIO.raw_os_error()));
    }

    #[tokio::test]
    async fn a_full_pipe_takes_what_fits_and_then_waits() {
        let dir = tempfile::tempdir().unwrap();
        let path = fifo(&dir);
        let mut reader = reader(&path);
        let mut sink = sink(&path);
        let count = sink.write(&[b'x'; 1 << 20]).await.unwrap();
        assert!(count < 1 << 20, "{count}");
        let mut more = Box::pin(sink.write(b"more"));
        assert!(futures_util::poll!(&mut more).is_pending());
        let mut all = vec![0; count];
        reader.read_exact(&mut all).unwrap();
        assert_eq!(more.await.unwrap(), 4);
        assert_eq!(text(&mut reader), "more");
    }

    #[tokio::test]
    async fn the_next_reader_gets_what_the_last_one_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = fifo(&dir);
        let first = reader(&path);
        let mut sink = sink(&path);
        sink.write(b"left ").await.unwrap();
        drop(first);
        assert_eq!(sink.write(b"lost").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(sink.write(b"lost").await.is_err());
        let mut second = reader(&path);
        sink.write(b"and right").await.unwrap();
        assert_eq!(text(&mut second), "left and right");
    }

    #[tokio::test]
    async fn a_symlink_and_a_plain_file_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        std::fs::write(&target, "untouched").unwrap();
        let link = dir.path().join("link");
        symlink(&target, &link).unwrap();
        for path in [&target, &link] {
            assert!(sink(path).write(b"x").await.is_err());
        }
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "untouched");
    }

    /// Two allocations below a data directory that the operator has moved; the second one's logs are the first one's.
    #[tokio::test]
    async fn a_directory_that_the_task_has_swapped_leads_to_nobody_elses_fifo() {
        let dir = tempfile::tempdir().unwrap();
        let logs = |alloc: &str| dir.path().join("moved").join(alloc).join("alloc/logs");
        std::fs::create_dir_all(logs("victim")).unwrap();
        std::fs::create_dir_all(logs("thief").parent().unwrap()).unwrap();
        symlink(dir.path().join("moved"), dir.path().join("data")).unwrap();
        mknodat(CWD, logs("victim").join("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
        symlink(logs("victim"), logs("thief")).unwrap();
        let mut reader = reader(&logs("victim").join("fifo"));
        let sink = |alloc: &str| {
            let alloc = dir.path().join("data").join(alloc);
            let path = alloc.join("alloc/logs/fifo");
            FifoSink::new(alloc.into(), path.into(), Keeper::none())
        };
        assert!(sink("thief").write(b"forged").await.is_err());
        std::fs::remove_file(logs("thief")).unwrap();
        std::fs::remove_dir(logs("thief").parent().unwrap()).unwrap();
        symlink(logs("victim").parent().unwrap(), logs("thief").parent().unwrap()).unwrap();
        assert!(sink("thief").write(b"forged").await.is_err(), "one directory up");
        assert_eq!(sink("victim").write(b"own").await.unwrap(), 3);
        assert_eq!(text(&mut reader), "own");
    }

    #[tokio::test]
    async fn a_fifo_that_was_swapped_for_another_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = fifo(&dir);
        let target = dir.path().join("target");
        std::fs::write(&target, "untouched").unwrap();
        let first = reader(&path);
        let mut sink = sink(&path);
        sink.write(b"one").await.unwrap();
        drop(first);
        std::fs::remove_file(&path).unwrap();
        symlink(&target, &path).unwrap();
        for _ in 0..3 {
            assert!(sink.write(b"x").await.is_err());
        }
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "untouched");
    }
}
