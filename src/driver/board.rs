//! What one tells and others look at or wait for, until the one is gone: the status of a task, and what its log pump knows
//! of it.
//!
//! A watch channel of tokio's is the same and takes 0.3 KiB more for each task, for many who wait at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// See the module.
#[derive(Debug)]
pub struct Board<T> {
    posted: Mutex<Posted<T>>,
    changed: Notify,
}

#[derive(Debug)]
struct Posted<T> {
    what: T,
    /// Nothing more will be told.
    is_final: bool,
}

impl<T> Board<T> {
    fn lock(&self) -> MutexGuard<'_, Posted<T>> {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `look` makes of it as it is now.
    pub fn now<V>(&self, look: impl FnOnce(&T) -> V) -> V {
        look(&self.lock().what)
    }

    /// What `look` makes of it once that is something; `None` if it never will be.
    pub async fn once<V>(&self, look: impl Fn(&T) -> Option<V>) -> Option<V> {
        loop {
            // Before the look, or a change could come in between.
            let changed = self.changed.notified();
            let (seen, is_final) = {
                let posted = self.lock();
                (look(&posted.what), posted.is_final)
            };
            if seen.is_some() || is_final {
                return seen;
            }
            changed.await;
        }
    }
}

/// The only one who tells. When it is dropped, nobody waits any longer.
#[derive(Debug)]
pub struct Publisher<T>(Arc<Board<T>>);

impl<T> Publisher<T> {
    /// Tells how it is at first.
    pub fn new(what: T) -> Self {
        let posted = Mutex::new(Posted { what, is_final: false });
        Self(Arc::new(Board { posted, changed: Notify::new() }))
    }

    /// For those who look.
    pub fn board(&self) -> Arc<Board<T>> {
        Arc::clone(&self.0)
    }

    /// Tells what `change` makes of it, if that says that it is news.
    pub fn tell(&self, change: impl FnOnce(&mut T) -> bool) {
        if change(&mut self.0.lock().what) {
            self.0.changed.notify_waiters();
        }
    }
}

impl<T> Drop for Publisher<T> {
    fn drop(&mut self) {
        self.0.lock().is_final = true;
        self.0.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::{Phase, TaskStatus};
    use futures_util::poll;
    use std::pin::pin;

    fn publisher() -> Publisher<TaskStatus> {
        Publisher::new(TaskStatus {
            phase: Phase::Running,
            first_look: None,
            outcome: None,
            destroyed: false,
        })
    }

    #[tokio::test]
    async fn all_who_wait_are_told_once_it_is_so_and_none_before() {
        let publisher = publisher();
        let board = publisher.board();
        let (mut first, mut second) = (pin!(board.once(destroyed)), pin!(board.once(destroyed)));
        assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
        publisher.tell(|status| {
            status.phase = Phase::Exited;
            true
        });
        assert!(poll!(&mut first).is_pending());
        publisher.tell(|status| {
            status.destroyed = true;
            true
        });
        assert_eq!((first.await, second.await, board.once(destroyed).await), (Some(()), Some(()), Some(())));
        assert_eq!(board.now(|status| status.phase), Phase::Exited);
    }

    #[tokio::test]
    async fn nobody_waits_for_one_who_is_gone() {
        let publisher = publisher();
        let board = publisher.board();
        let mut waiting = pin!(board.once(destroyed));
        assert!(poll!(&mut waiting).is_pending());
        drop(publisher);
        assert_eq!((waiting.await, board.once(destroyed).await), (None, None));
        assert!(!board.now(|status| status.destroyed), "the last status stays");
    }

    fn destroyed(status: &TaskStatus) -> Option<()> {
        status.destroyed.then_some(())
    }
}
