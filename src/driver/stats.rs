//! TaskStats.

use super::Driver;
use super::error::DriverError;
use super::owner::OwnerRef;
use crate::domain::stats::{Compute, StatsSample, Usage, usage};
use crate::domain::task::TaskId;
use crate::ports::{Clock, ErrorKind};
use futures_util::stream::{self, BoxStream, StreamExt};
use std::sync::Arc;
use std::time::Duration;

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
            () = self.clock.sleep(self.interval) => false,
        }
    }
}
