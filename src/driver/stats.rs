//! TaskStats.

use super::Driver;
use super::error::DriverError;
use super::owner::OwnerRef;
use super::registry::Registry;
use crate::domain::stats::{Compute, StatsSample, Usage, usage};
use crate::domain::task::TaskId;
use crate::domain::time::Timestamp;
use crate::ports::{Clock, ErrorKind};
use futures_util::stream::{self, BoxStream, StreamExt};
use std::sync::Arc;
use std::time::Duration;

/// So many samples are taken at the same moment: one awakening serves them all. More of them would hold up other calls.
const TOGETHER: usize = 64;
/// Into so many parts an interval is divided, by how many tasks there are.
const PARTS: [u32; 5] = [1, 2, 4, 8, 16];

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
        // Boxed: each step hands it to the next one.
        let owner = self.shared.registry.get(id)?;
        let sampler = Box::new(Sampler {
            owner,
            registry: self.shared.registry.clone(),
            clock: Arc::clone(&self.shared.clock),
            compute: self.settings().compute,
            interval: interval.max(INTERVAL_MIN),
            before: None,
            first: true,
        });
        Ok(stream::unfold(sampler, Sampler::next).boxed())
    }
}

struct Sampler {
    owner: Arc<OwnerRef>,
    registry: Registry,
    clock: Arc<dyn Clock>,
    compute: Option<Compute>,
    interval: Duration,
    before: Option<StatsSample>,
    first: bool,
}

impl Sampler {
    async fn next(mut self: Box<Self>) -> Option<(Usage, Box<Self>)> {
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
        let pause = until_next(self.clock.now(), self.interval, parts(self.registry.count()));
        tokio::select! {
            biased;
            _ = self.owner.status.once(|status| status.outcome.is_some().then_some(())) => true,
            () = self.clock.sleep(pause) => false,
        }
    }
}

/// Into how many parts the interval of so many tasks is divided. What ends a part of few ends one of more as well, so
/// that the pace of a task stays when others come.
fn parts(tasks: usize) -> u32 {
    PARTS.into_iter().rev().find(|parts| tasks > (*parts as usize / 2).saturating_mul(TOGETHER)).unwrap_or(1)
}

/// An interval, up to half a part more or less, so that it ends where a part of one does. The first of a task is not
/// whole, and the next one after others have gone may not be.
fn until_next(now: Timestamp, interval: Duration, parts: u32) -> Duration {
    let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    let part = nanos(interval / parts).max(1);
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
            |millis: i64| until_next(Timestamp::from_unix_nanos(millis * 1_000_000), second, 4).as_millis();
        assert_eq!((next(0), next(3), next(124), next(126), next(249)), (1000, 997, 876, 1124, 1001));
        assert_eq!((next(5_250), next(-1)), (1000, 1001));
        let never = until_next(Timestamp::from_unix_nanos(7), Duration::MAX, 1);
        assert!(never > Duration::from_secs(1 << 32), "{never:?}");
    }

    #[test]
    fn few_tasks_are_looked_at_together_and_many_in_parts() {
        assert_eq!([0, 1, 64, 65, 129, 1000, usize::MAX].map(parts), [1, 1, 1, 2, 4, 16, 16]);
    }
}
