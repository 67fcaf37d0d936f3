//! The limit of what a log file may hold for a reader that is away or too slow.
//!
//! The reader itself gives the older half up when it reads again; until then a look now and then keeps the disk free
//! of what it will give up. Both decide alike, and a file only grows, so the reader never reads from a hole.

use super::holes;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::AbortHandle;

/// Between two looks at the size of a file whose reader may be away: what a task writes meanwhile comes on top of
/// the limit.
const LOOK: Duration = Duration::from_secs(5);

/// The unread part of one file.
#[derive(Debug)]
pub struct Backlog {
    unread: Arc<Unread>,
    /// Looks at it while nobody reads.
    warden: AbortHandle,
}

#[derive(Debug)]
struct Unread {
    path: Arc<Path>,
    file: Arc<File>,
    generation: u64,
    max: u64,
    /// Where the reader is.
    offset: AtomicU64,
}

impl Backlog {
    /// The part of `file` from `offset` on. Must be called within a tokio runtime.
    pub fn new(path: Arc<Path>, file: Arc<File>, generation: u64, max: u64, offset: u64) -> Self {
        let unread = Arc::new(Unread { path, file, generation, max, offset: AtomicU64::new(offset) });
        let warden = tokio::spawn(Arc::clone(&unread).guard());
        Self { unread, warden: warden.abort_handle() }
    }

    /// The reader is at `offset`.
    pub fn reached(&self, offset: u64) {
        self.unread.offset.store(offset, Ordering::Relaxed);
    }

    /// Where to go on, if more than the limit lies after `offset`: in the middle of some record.
    ///
    /// # Errors
    /// The file does not tell its size.
    pub fn keep_from(&self, offset: u64) -> io::Result<Option<u64>> {
        self.unread.keep_from(offset)
    }
}

impl Drop for Backlog {
    fn drop(&mut self) {
        self.warden.abort();
    }
}

impl Unread {
    fn keep_from(&self, offset: u64) -> io::Result<Option<u64>> {
        let size = self.file.metadata()?.len();
        let too_long = size.saturating_sub(offset) > self.max;
        Ok(too_long.then(|| size - self.max / 2))
    }

    async fn guard(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            let unread = Arc::clone(&self);
            let looked = tokio::task::spawn_blocking(move || unread.free()).await;
            if let Ok(Err(error)) = looked {
                tracing::debug!(%error, "a log file grows beyond its limit");
                return;
            }
        }
    }

    fn free(&self) -> io::Result<()> {
        match self.keep_from(self.offset.load(Ordering::Relaxed))? {
            Some(end) => holes::punch(&self.path, self.generation, end),
            None => Ok(()),
        }
    }
}
