//! Changes of a file or directory, by inotify(7): a wake-up, never the truth. The caller looks for itself.

use super::readable::readable;
use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init, remove_watch};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use tokio::io::unix::AsyncFd;

/// Holds some dozens of events; what does not fit is read in the next round.
const EVENT_BYTES: usize = 4096;

/// An inotify instance that watches one object at a time.
#[derive(Debug)]
pub struct Watch {
    fd: AsyncFd<OwnedFd>,
    watched: Option<i32>,
}

impl Watch {
    /// An instance that watches nothing. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The user has too many of them (`fs.inotify.max_user_instances`).
    pub fn new() -> io::Result<Self> {
        let fd = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        Ok(Self { fd: readable(fd)?, watched: None })
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
        if let Some(old) = self.watched.take() {
            // It is gone already if its object is.
            let _ = remove_watch(self.fd.get_ref(), old);
        }
        self.watched = Some(add_watch(self.fd.get_ref(), path, events)?);
        Ok(())
    }

    /// Returns when something may have changed since the last call. Cancel safe.
    pub async fn changed(&self) -> io::Result<()> {
        loop {
            let mut ready = self.fd.readable().await?;
            let mut events = [0; EVENT_BYTES];
            match ready.try_io(|fd| Ok(rustix::io::read(fd.get_ref(), &mut events)?)) {
                Ok(read) => return read.map(|_| ()),
                Err(_would_block) => {}
            }
        }
    }
}
