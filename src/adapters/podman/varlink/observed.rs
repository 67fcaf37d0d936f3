//! What observers need of the service ([`Service`]).

use super::client::{Ask, Podman};
use super::{refusal, wire};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::observe::{Hint, Seen, Service};
use crate::domain::stats::{MemoryUsage, StatsSample};
use crate::domain::task::identity::ContainerId;
use crate::domain::time::Timestamp;
use crate::ports::{Clock, ErrorKind, RuntimeError};
use async_trait::async_trait;
use serde_json::json;

#[async_trait]
impl Service for Podman {
    fn clock(&self) -> &dyn Clock {
        Self::clock(self)
    }

    async fn seen(&self, id: &str) -> Result<Seen, RuntimeError> {
        self.inspect(id).await
    }

    /// `WaitContainer` in one unbounded round: from 1.6 on it is woken by conmon's exit file. The interval counts
    /// nanoseconds, whatever its documentation says, and any other value makes the service poll.
    async fn end_hint(&self, call: &Call, id: &ContainerId) -> Hint {
        let ask = Ask::query("WaitContainer", json!({ "name": id.as_str(), "interval": 0 })).unbounded();
        match self.ask::<wire::Waited>(call, &ask, refusal::usual).await {
            Ok(_) => Hint::Ended,
            Err(_) => Hint::Broken,
        }
    }

    /// `GetContainerStats`: 0.6 ms. It tells no split of the CPU time.
    async fn api_stats(&self, call: &Call, id: &ContainerId) -> Result<StatsSample, RuntimeError> {
        let ask = Ask::query("GetContainerStats", json!({ "name": id.as_str() }));
        let counted: wire::Counted = self.ask(call, &ask, refusal::usual).await?;
        sample(&counted.container)
            .ok_or_else(|| call.error(ErrorKind::Malformed, "Podman's counters are below zero"))
    }
}

fn sample(stats: &wire::Stats) -> Option<StatsSample> {
    Some(StatsSample {
        at: Timestamp::from_unix_nanos(stats.system_nano),
        cpu_total_ns: Some(u64::try_from(stats.cpu_nano).ok()?),
        cpu_user_ns: None,
        cpu_system_ns: None,
        throttled_periods: None,
        throttled_ns: None,
        memory: MemoryUsage { usage: Some(u64::try_from(stats.mem_usage).ok()?), ..MemoryUsage::default() },
    })
}
