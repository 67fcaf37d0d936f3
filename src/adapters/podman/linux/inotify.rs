//! Changes of a file or directory, by inotify(7): a wake-up, never the truth. The caller looks for itself.
//!
//! A user may have only so many instances (`fs.inotify.max_user_instances`, 128 by default) and watches. Beyond
//! that a watch says "look" four times a second instead: a node with many tasks keeps all its logs.

use super::readable::readable;
use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init, remove_watch};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::time::Duration;
use tokio::io::unix::AsyncFd;

/// Holds some dozens of events; what does not fit is read in the next round.
const EVENT_BYTES: usize = 4096;

/// Between two looks without inotify.
const POLL: Duration = Duration::from_millis(250);

/// An inotify instance that watches one object at a time.
#[derive(Debug)]
pub struct Watch {
    /// `None` where the user can have no more.
    fd: Option<AsyncFd<OwnedFd>>,
    watched: Option<i32>,
}

impl Watch {
    /// An instance that watches nothing. Must be called within a tokio runtime.
    pub fn new() -> Self {
        let fd =
            init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).map_err(io::Error::from).and_then(readable);
        if let Err(error) = &fd {
            tracing::debug!(%error, "no inotify instance, looking at intervals");
        }
        Self { fd: fd.ok(), watched: None }
    }

    /// One that was refused an instance.
    #[cfg(test)]
    pub fn refused() -> Self {
        Self { fd: None, watched: None }
    }

    /// Watches writes to an open file and renames and removals of its name, instead of what was watched before.
    pub fn file(&mut self, file: &File) -> io::Result<()> {
        // By descriptor: the path may name another file by now.
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        self.watch(Path::new(&path), WatchFlags::MODIFY | WatchFlags::ATTRIB | WatchFlags::MOVE_SELF)
    }

    /// Watches new names in a directory, and its removal, instead of what was watched before.
    pub fn dir(&mut self, path: &Path) -> io::Result<()> {
        self.watch(path, WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::DELETE_SELF)
    }

    fn watch(&mut self, path: &Path, events: WatchFlags) -> io::Result<()> {
        let Some(fd) = &self.fd else { return Ok(()) };
        if let Some(old) = self.watched.take() {
            // It is gone already if its object is.
            let _ = remove_watch(fd.get_ref(), old);
        }
        match add_watch(fd.get_ref(), path, events) {
            Ok(watched) => self.watched = Some(watched),
            Err(Errno::NOSPC | Errno::NOMEM) => self.fd = None,
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Returns when something may have changed since the last call. Cancel safe.
    pub async fn changed(&self) -> io::Result<()> {
        let Some(fd) = &self.fd else {
            tokio::time::sleep(POLL).await;
            return Ok(());
        };
        loop {
            let mut ready = fd.readable().await?;
            let mut events = [0; EVENT_BYTES];
            match ready.try_io(|fd| Ok(rustix::io::read(fd.get_ref(), &mut events)?)) {
                Ok(read) => return read.map(|_| ()),
                Err(_would_block) => {}
            }
        }
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}
