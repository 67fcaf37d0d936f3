//! Gives memory back to the system once a wave of starts or ends is over.

use crate::adapters::system::heap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// Without a start or an end for so long a wave is over.
const OVER: Duration = Duration::from_secs(1);

/// Who does that. Costs nothing while nothing happens.
#[derive(Debug, Default)]
pub struct Tidy {
    happened: Arc<Notify>,
    waiting: OnceLock<AbortOnDropHandle<()>>,
}

impl Tidy {
    /// A task has come or gone. Must be called within a tokio runtime.
    pub fn later(&self) {
        let wait = || AbortOnDropHandle::new(tokio::spawn(after_waves(Arc::clone(&self.happened))));
        self.waiting.get_or_init(wait);
        self.happened.notify_one();
    }
}

async fn after_waves(happened: Arc<Notify>) {
    loop {
        happened.notified().await;
        while timeout(OVER, happened.notified()).await.is_ok() {}
        // Nothing is lost if it cannot be done.
        drop(spawn_blocking(heap::give_back).await);
    }
}
