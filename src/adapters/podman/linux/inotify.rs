//! Changes of files and directories, by inotify(7): a wake-up, never the truth. The caller looks for itself.
//!
//! One instance serves the whole process: a user may have only so many (`fs.inotify.max_user_instances`,
//! 128 by default). A watch fires once and is set again by whoever has nothing left to read, so a file that is
//! written to faster than it is read causes no events at all, and no queue of them runs over.
//!
//! Where the kernel grants no more watches, one says "look" four times a second instead: a node with many tasks
//! keeps all its logs.

use crate::adapters::system::urgent;
use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init, remove_watch};
use rustix::io::Errno;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::Notify;

/// Holds some dozens of events; what does not fit is read in the next round.
const EVENT_BYTES: usize = 4096;

/// The reader calls nothing deep.
const STACK_BYTES: usize = 128 * 1024;

/// Between two looks without inotify.
const POLL: Duration = Duration::from_millis(250);

/// What happens to a file that is followed: it is written to or cut, loses its name or its last link.
const FILE: WatchFlags = WatchFlags::MODIFY.union(WatchFlags::ATTRIB).union(WatchFlags::MOVE_SELF);

/// What happens to a directory in which a file shall appear.
const DIRECTORY: WatchFlags = WatchFlags::CREATE.union(WatchFlags::MOVED_TO).union(WatchFlags::DELETE_SELF);

/// Watches behind one inotify instance, whose events a thread reads: it belongs to no tokio runtime.
#[derive(Debug, Clone)]
pub struct Notifier(Option<Arc<Watches>>);

#[derive(Debug)]
struct Watches {
    fd: OwnedFd,
    /// Who waits for the next event, by the kernel's name of the watch.
    waiting: Mutex<HashMap<i32, Vec<Arc<Notify>>>>,
}

impl Notifier {
    /// The one of this process, made when it is first asked for.
    pub fn of_process() -> Self {
        static NOTIFIER: OnceLock<Notifier> = OnceLock::new();
        let new = || {
            let watches = Watches::start();
            if let Err(error) = &watches {
                tracing::warn!(%error, "no inotify instance, looking for output at intervals");
            }
            Self(watches.ok())
        };
        NOTIFIER.get_or_init(new).clone()
    }

    /// One that was refused an instance.
    #[cfg(test)]
    pub fn refused() -> Self {
        Self(None)
    }

    /// Something that can watch.
    pub fn watch(&self) -> Watch {
        Watch { watches: self.0.clone(), set: None }
    }
}

impl Watches {
    fn start() -> io::Result<Arc<Self>> {
        let watches = Arc::new(Self { fd: init(CreateFlags::CLOEXEC)?, waiting: Mutex::default() });
        let reader = Arc::clone(&watches);
        let thread = thread::Builder::new().name("inotify".to_owned()).stack_size(STACK_BYTES);
        thread.spawn(move || {
            // Who does next to nothing but to wake others shall not queue behind them.
            urgent::go_first();
            let error = reader.read();
            tracing::error!(%error, "inotify failed");
        })?;
        Ok(watches)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i32, Vec<Arc<Notify>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells events as they come, as long as the process lives.
    fn read(&self) -> Errno {
        let mut buffer = [MaybeUninit::uninit(); EVENT_BYTES];
        let mut events = Reader::new(&self.fd, &mut buffer);
        loop {
            match events.next() {
                Ok(event) => self.tell(event.wd(), event.events()),
                Err(Errno::INTR) => {}
                Err(error) => return error,
            }
        }
    }

    fn tell(&self, id: i32, events: ReadFlags) {
        let mut waiting = self.lock();
        if events.contains(ReadFlags::QUEUE_OVERFLOW) {
            waiting.drain().flat_map(|(_, all)| all).for_each(|waiter| waiter.notify_one());
        }
        waiting.remove(&id).into_iter().flatten().for_each(|waiter| waiter.notify_one());
    }
}

/// Watches one object at a time, for one change.
#[derive(Debug)]
pub struct Watch {
    /// `None` where the user can have no more.
    watches: Option<Arc<Watches>>,
    set: Option<Set>,
}

#[derive(Debug)]
struct Set {
    id: i32,
    changed: Arc<Notify>,
}

impl Watch {
    /// Watches for the next write to an open file or change of its name, instead of what was watched before.
    pub fn file(&mut self, file: &File) -> io::Result<()> {
        // By descriptor: the path may name another file by now.
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        self.set(Path::new(&path), FILE)
    }

    /// Watches for the next new name in a directory, and its removal, instead of what was watched before.
    pub fn dir(&mut self, path: &Path) -> io::Result<()> {
        self.set(path, DIRECTORY)
    }

    fn set(&mut self, path: &Path, events: WatchFlags) -> io::Result<()> {
        self.unset();
        let Some(watches) = &self.watches else { return Ok(()) };
        let changed = Arc::new(Notify::new());
        // Locked before the watch is set, or its event could come before we are known to wait for it.
        let mut waiting = watches.lock();
        match add_watch(&watches.fd, path, events | WatchFlags::ONESHOT) {
            Ok(id) => {
                waiting.entry(id).or_default().push(Arc::clone(&changed));
                drop(waiting);
                self.set = Some(Set { id, changed });
            }
            Err(Errno::NOSPC | Errno::NOMEM) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Forgets the watch. Other followers of the same file share its number, and keep it.
    fn unset(&mut self) {
        let (Some(watches), Some(set)) = (&self.watches, self.set.take()) else { return };
        let mut waiting = watches.lock();
        let Some(waiters) = waiting.get_mut(&set.id) else { return };
        waiters.retain(|waiter| !Arc::ptr_eq(waiter, &set.changed));
        if waiters.is_empty() {
            waiting.remove(&set.id);
            // It is gone already if its object is.
            let _ = remove_watch(&watches.fd, set.id);
        }
    }

    /// Returns when something may have changed since the watch was set. Cancel safe.
    pub async fn changed(&self) {
        match &self.set {
            Some(set) => set.changed.notified().await,
            None => tokio::time::sleep(POLL).await,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.unset();
    }
}

#[cfg(test)]
#[path = "inotify_tests.rs"]
mod tests;
