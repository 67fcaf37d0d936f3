//! TaskStats.

use super::Driver;
use super::error::DriverError;
use super::owner::OwnerRef;
use crate::domain::stats::{Compute, StatsSample, Usage, usage};
use crate::domain::task::TaskId;
use crate::domain::time::Timestamp;
use crate::ports::{Clock, ErrorKind};
use futures_util::stream::{self, BoxStream, StreamExt};
use std::sync::Arc;
use std::time::Duration;

/// Into how many parts an interval is divided: samples are taken at the ends of parts, those of all tasks at the same.
/// One awakening then serves many tasks, and a thousand of them do not all come at once either.
const PARTS: u32 = 4;

/// Shortest interval between two samples, whatever the host asks for.
const INTERVAL_MIN: Duration = Duration::from_millis(100);

impl Driver {
    /// One sample at once, then one per interval, until the task ends. A sample that cannot be had is left
    /// out, never made up.
    ///
    /// # Errors
    /// The id is not known.
    pub fn task_stats(
        &self,
        id: &TaskId,
        interval: Duration,
    ) -> Result<BoxStream<'static, Usage>, DriverError> {
        let sampler = Sampler {
            owner: self.shared.registry.get(id)?,
            clock: Arc::clone(&self.shared.clock),
            compute: self.settings().compute,
            interval: interval.max(INTERVAL_MIN),
            before: None,
            first: true,
        };
        Ok(stream::unfold(sampler, Sampler::next).boxed())
    }
}

struct Sampler {
    owner: OwnerRef,
    clock: Arc<dyn Clock>,
    compute: Option<Compute>,
    interval: Duration,
    before: Option<StatsSample>,
    first: bool,
}

impl Sampler {
    async fn next(mut self) -> Option<(Usage, Self)> {
        loop {
            if !std::mem::take(&mut self.first) && self.ended_within_interval().await {
                return None;
            }
            match self.owner.runtime.stats(&self.owner.container).await {
                Ok(sample) => {
                    let usage = usage(self.before.as_ref(), &sample, self.compute);
                    self.before = Some(sample);
                    return Some((usage, self));
                }
                Err(error) if error.is(ErrorKind::NotFound) => return None,
                Err(error) => {
                    tracing::trace!(container = self.owner.container.as_str(), %error, "no stats this time");
                }
            }
        }
    }

    async fn ended_within_interval(&self) -> bool {
        tokio::select! {
            biased;
            _ = self.owner.outcome() => true,
            () = self.clock.sleep(until_next(self.clock.now(), self.interval)) => false,
        }
    }
}

/// An interval, up to an eighth more or less, so that it ends where a part of one does.
fn until_next(now: Timestamp, interval: Duration) -> Duration {
    let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    let part = nanos(interval / PARTS).max(1);
    let past = now.unix_nanos().rem_euclid(part);
    let shift = if past > part / 2 { part - past } else { -past };
    Duration::from_nanos(nanos(interval).saturating_add(shift).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_all_tasks_fall_together_and_keep_their_interval() {
        let second = Duration::from_secs(1);
        let next =
            |millis: i64| until_next(Timestamp::from_unix_nanos(millis * 1_000_000), second).as_millis();
        assert_eq!((next(0), next(3), next(124), next(126), next(249)), (1000, 997, 876, 1124, 1001));
        assert_eq!((next(5_250), next(-1)), (1000, 1001));
        let never = until_next(Timestamp::from_unix_nanos(7), Duration::MAX);
        assert!(never > Duration::from_secs(1 << 32), "{never:?}");
    }
}
