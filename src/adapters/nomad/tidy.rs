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
        // Nothing is lost if it cannot be done.
        let give_back = || drop(spawn_blocking(heap::give_back));
        let wait =
            || AbortOnDropHandle::new(tokio::spawn(after_waves(Arc::clone(&self.happened), give_back)));
        self.waiting.get_or_init(wait);
        self.happened.notify_one();
    }
}

async fn after_waves(happened: Arc<Notify>, mut work: impl FnMut()) {
    loop {
        happened.notified().await;
        while timeout(OVER, happened.notified()).await.is_ok() {}
        work();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn the_work_is_done_once_after_each_wave_and_never_without_one() {
        let (happened, done) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
        let count = Arc::clone(&done);
        let work = move || {
            count.fetch_add(1, Ordering::Relaxed);
        };
        let _waves = AbortOnDropHandle::new(tokio::spawn(after_waves(Arc::clone(&happened), work)));
        let done = || done.load(Ordering::Relaxed);
        for waves in 0..3 {
            sleep(OVER * 60).await;
            assert_eq!(done(), waves);
            for _ in 0..100 {
                happened.notify_one();
                sleep(OVER / 2).await;
                assert_eq!(done(), waves, "in the middle of a wave");
            }
        }
    }
}
