//! The service in front of the containers: it can go away and come back, they do not care.

use super::{locked, until};
use std::sync::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Service {
    /// Cancelled when the current incarnation goes away.
    current: Mutex<CancellationToken>,
    back: Notify,
}

impl Service {
    pub(super) fn is_up(&self) -> bool {
        !locked(&self.current).is_cancelled()
    }

    /// Ends when the incarnation that serves now goes away: connections through it break.
    pub(super) fn outage(&self) -> CancellationToken {
        locked(&self.current).clone()
    }

    pub(super) fn go_away(&self) {
        locked(&self.current).cancel();
    }

    pub(super) fn come_back(&self) {
        let mut current = locked(&self.current);
        if current.is_cancelled() {
            *current = CancellationToken::new();
        }
        self.back.notify_waiters();
    }

    pub(super) async fn up(&self) {
        until(&self.back, || self.is_up().then_some(())).await;
    }
}
