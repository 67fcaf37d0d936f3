//! A FIFO of Nomad's log collector.
//!
//! Nomad plugin protocol 6.2: the collector's reader ends for good when the last writer closes, so a sink stays
//! open from its first write until it is dropped; opening must not block, because the reader may come later.

use crate::ports::LogSink;
use async_trait::async_trait;
use rustix::fs::{Mode, OFlags};
use std::io;
use std::path::PathBuf;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe::Sender;

/// Writes to one FIFO.
pub struct FifoSink {
    path: PathBuf,
    pipe: Option<Sender>,
}

impl FifoSink {
    /// A sink that opens `path` at its first write.
    pub fn new(path: PathBuf) -> Self {
        Self { path, pipe: None }
    }

    /// Opens without blocking and without following a symlink, which a task could have put there: the
    /// directory is visible to it. `from_owned_fd` refuses what is no pipe.
    fn open(&self) -> io::Result<Sender> {
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::open(&self.path, flags, Mode::empty())?;
        Sender::from_owned_fd(file)
    }
}

#[async_trait]
impl LogSink for FifoSink {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut pipe = match self.pipe.take() {
            Some(pipe) => pipe,
            None => self.open()?,
        };
        // A reader that went away (EPIPE) leaves `pipe` unset, so that the next write opens anew.
        pipe.write_all(bytes).await?;
        self.pipe = Some(pipe);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, mknodat};
    use std::io::Read;
    use std::os::unix::fs::symlink;

    fn fifo(dir: &tempfile::TempDir) -> PathBuf {
        let path = dir.path().join("fifo");
        mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).unwrap();
        path
    }

    #[tokio::test]
    async fn bytes_arrive_and_closing_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = fifo(&dir);
        let reader = std::thread::spawn({
            let path = path.clone();
            move || {
                let mut text = String::new();
                std::fs::File::open(path).unwrap().read_to_string(&mut text).unwrap();
                text
            }
        });
        let mut sink = FifoSink::new(path);
        while sink.write(b"one ").await.is_err() {
            tokio::task::yield_now().await;
        }
        sink.write(b"two").await.unwrap();
        drop(sink);
        assert_eq!(reader.join().unwrap(), "one two");
    }

    #[tokio::test]
    async fn without_a_reader_the_write_fails_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let error = FifoSink::new(fifo(&dir)).write(b"x").await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(rustix::io::Errno::NXIO.raw_os_error()));
    }

    #[tokio::test]
    async fn a_symlink_and_a_plain_file_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        std::fs::write(&target, "untouched").unwrap();
        let link = dir.path().join("link");
        symlink(&target, &link).unwrap();
        for path in [&target, &link] {
            assert!(FifoSink::new(path.clone()).write(b"x").await.is_err());
        }
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "untouched");
    }
}
