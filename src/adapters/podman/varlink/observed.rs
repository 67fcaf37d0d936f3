//! What observers need of the service ([`Service`]).

use super::client::{Ask, Podman, Replies};
use super::{refusal, wire};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::observe::{Batches, Seen, Service};
use crate::domain::log::LogStart;
use crate::domain::stats::{MemoryUsage, StatsSample};
use crate::domain::task::identity::ContainerId;
use crate::domain::time::Timestamp;
use crate::ports::{Clock, ErrorKind, RuntimeError};
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// By when a service that was asked for its events has begun to look for them.
const LISTENING: Duration = Duration::from_millis(100);

#[async_trait]
impl Service for Podman {
    fn clock(&self) -> &dyn Clock {
        Self::clock(self)
    }

    async fn seen(&self, id: &str) -> Result<Seen, RuntimeError> {
        self.inspect(id).await
    }

    /// `GetEvents`, up to 250 ms after the end. A `WaitContainer` would cost the service 7 ms of CPU time a second for
    /// each container, for as long as that one lives, also when nobody listens any more.
    async fn deaths(&self) -> Result<BoxStream<'static, ContainerId>, RuntimeError> {
        let filter = json!(["type=container", "event=died"]);
        let ask = Ask::query("GetEvents", json!({ "filter": filter, "since": "", "until": "" }));
        let replies = self.stream(&Call::new("listen to events", ""), &ask).await?;
        // It says nothing before the first event; what ends before it listens is in no event.
        self.clock().sleep(LISTENING).await;
        Ok(stream::unfold(replies, |mut replies| async { Some((death(&mut replies).await?, replies)) })
            .boxed())
    }

    /// `GetContainerLogs` opens the file that such a container does not have; `GetContainersLogs` ends without a reply
    /// where Podman was built without journald, and never says an end elsewhere (1.9.3).
    fn reads_journals(&self) -> bool {
        false
    }

    /// A handler that waits for an event does not notice that its client has left (1.9.3).
    fn remembers_listeners(&self) -> bool {
        true
    }

    async fn alive(&self) -> Result<HashSet<ContainerId>, RuntimeError> {
        let entries = self.entries(&Call::new("list containers", "")).await?;
        let ended = |state: &str| matches!(state, "exited" | "stopped" | "configured" | "created");
        let alive = entries.into_iter().filter(|entry| !ended(&entry.state));
        Ok(alive.map(|entry| ContainerId::new(entry.id)).collect())
    }

    async fn api_logs(
        self: Arc<Self>,
        _: &Call,
        id: &ContainerId,
        start: LogStart,
        _: BoxFuture<'static, ()>,
    ) -> Result<Batches, RuntimeError> {
        self.told_logs(id, start).await
    }

    async fn api_last_words(&self, call: &Call, id: &ContainerId) -> Result<Vec<u8>, RuntimeError> {
        self.told_last_words(call, id).await
    }

    /// `GetContainerStats`: 0.6 ms. It tells no split of the CPU time.
    async fn api_stats(&self, call: &Call, id: &ContainerId) -> Result<StatsSample, RuntimeError> {
        let ask = Ask::query("GetContainerStats", json!({ "name": id.as_str() }));
        let counted: wire::Counted = self.ask(call, &ask, refusal::usual).await?;
        self.is_about(call, &ask, id, &counted.container.id)?;
        sample(&counted.container)
            .ok_or_else(|| call.error(ErrorKind::Malformed, "Podman's counters are below zero"))
    }
}

/// The next one; a stream that makes no sense ends, and whoever listens opens another.
async fn death(replies: &mut Replies) -> Option<ContainerId> {
    let happened: wire::Happened = replies.next().await.ok()??;
    Some(ContainerId::new(happened.events.id))
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
