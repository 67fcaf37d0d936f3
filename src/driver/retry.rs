//! Pauses between tries.

use crate::domain::limits::{RETRY_FIRST, RETRY_LONGEST};
use crate::ports::Clock;
use std::time::Duration;

/// Doubling pauses with jitter, so that tasks which lost one Podman together do not come back together.
pub struct Backoff<'a> {
    clock: &'a dyn Clock,
    next: Duration,
}

impl<'a> Backoff<'a> {
    pub fn new(clock: &'a dyn Clock) -> Self {
        Self { clock, next: RETRY_FIRST }
    }

    /// Waits, longer each time: between half and the whole of 0.1 s, 0.2 s, … 5 s.
    pub async fn pause(&mut self) {
        let half = self.next / 2;
        let spread = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX).max(1);
        self.clock.sleep(half + Duration::from_nanos(self.clock.entropy() % spread)).await;
        self.next = (self.next * 2).min(RETRY_LONGEST);
    }
}
