//! The only door to time and chance.

use crate::domain::time::Timestamp;
use async_trait::async_trait;
use std::future::Future;
use std::time::Duration;

/// Time and chance. Simulations replace both, so nothing else may ask for them (clippy.toml).
#[async_trait]
pub trait Clock: Send + Sync {
    /// The wall clock. It may jump in either direction.
    fn now(&self) -> Timestamp;

    /// Returns after `duration` of monotonic time. Cancel safe.
    async fn sleep(&self, duration: Duration);

    /// Random bits, for names and jitter; not for secrets.
    fn entropy(&self) -> u64;
}

/// The time given to an operation is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed;

/// Runs `work` for at most `limit`.
///
/// # Errors
/// [`Elapsed`]; `work` is dropped then.
pub async fn within<T>(
    clock: &dyn Clock,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Result<T, Elapsed> {
    tokio::select! {
        biased;
        done = work => Ok(done),
        () = clock.sleep(limit) => Err(Elapsed),
    }
}
