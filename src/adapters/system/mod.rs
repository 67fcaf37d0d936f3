//! The machine: the one place where the process asks for time, chance, the number of cores, and its place among threads
//! ([`urgent`]), and takes back its memory ([`heap`]).
//!
//! Must not live here: files and sockets.

pub mod heap;
pub mod urgent;

use crate::domain::time::Timestamp;
use crate::ports::Clock;
use async_trait::async_trait;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// Wall clock, tokio timers, and the randomness of the standard library's hash seeds.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// Number of CPU cores this process may use, at least 1.
pub fn cores() -> u32 {
    let seen = std::thread::available_parallelism();
    seen.ok().and_then(|cores| u32::try_from(cores.get()).ok()).unwrap_or(1)
}

/// CPU time that this process has taken so far, on all cores.
pub fn cpu_time() -> Duration {
    let taken = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(taken).unwrap_or_default()
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let nanos = time::OffsetDateTime::now_utc().unix_timestamp_nanos();
        Timestamp::from_unix_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn entropy(&self) -> u64 {
        // Each RandomState has its own keys, seeded by the operating system.
        RandomState::new().build_hasher().finish()
    }
}
