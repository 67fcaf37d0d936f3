//! What observers need of the service ([`Service`]).

use super::client::{Ask, Podman};
use super::containers::path;
use crate::adapters::podman::call::Call;
use crate::adapters::podman::observe::{Hint, Seen, Service};
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::ContainerId;
use crate::ports::{Clock, RuntimeError};
use async_trait::async_trait;

/// The answer of Podman 4.2 and later when conmon was lost.
const NO_RECORD: &str = "no such exit code";

#[async_trait]
impl Service for Podman {
    fn clock(&self) -> &dyn Clock {
        Self::clock(self)
    }

    async fn seen(&self, id: &str) -> Result<Seen, RuntimeError> {
        self.inspect(id).await
    }

    /// 4.6 and later turn every internal error into 0.
    async fn end_hint(&self, call: &Call, id: &ContainerId) -> Hint {
        let ask = Ask::post(format!("{}/wait?interval=1s", path(id.as_str()))).repeatable().unbounded();
        match self.ask(call, &ask).await {
            Ok(reply) if String::from_utf8_lossy(&reply.body).contains(NO_RECORD) => Hint::NoRecord,
            Ok(_) => Hint::Ended,
            Err(_) => Hint::Broken,
        }
    }

    async fn api_stats(&self, call: &Call, id: &ContainerId) -> Result<StatsSample, RuntimeError> {
        self.counters(call, id).await
    }
}
