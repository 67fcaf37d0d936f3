//! What observers need of the service ([`Service`]).

use super::client::{Ask, Podman};
use super::containers::path;
use super::{events, output};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::observe::{Line, Seen, Service, Wanted};
use crate::domain::container::ContainerState;
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::ContainerId;
use crate::ports::{Clock, RuntimeError};
use async_trait::async_trait;
use futures_util::stream::BoxStream;
use std::collections::HashSet;

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
    async fn has_no_record(&self, call: &Call, id: &ContainerId) -> bool {
        let ask = Ask::post(format!("{}/wait?interval=1s", path(id.as_str()))).repeatable().unbounded();
        let reply = self.ask(call, &ask).await;
        reply.is_ok_and(|reply| String::from_utf8_lossy(&reply.body).contains(NO_RECORD))
    }

    /// `GET /events`: one line of JSON each, 35 to 270 ms after the end with events in a file (libpod REST 4.3).
    async fn deaths(&self) -> Result<BoxStream<'static, ContainerId>, RuntimeError> {
        events::deaths(self).await
    }

    async fn alive(&self) -> Result<HashSet<ContainerId>, RuntimeError> {
        let all = self.list().await?;
        let ended = |state| matches!(state, ContainerState::Exited | ContainerState::Created);
        Ok(all.into_iter().filter(|facts| !ended(facts.state)).map(|facts| facts.id).collect())
    }

    async fn output(
        &self,
        call: &Call,
        id: &ContainerId,
        wanted: Wanted,
    ) -> Result<BoxStream<'static, Result<Vec<Line>, RuntimeError>>, RuntimeError> {
        output::output(self, call, id, wanted).await
    }

    async fn api_last_words(&self, call: &Call, id: &ContainerId) -> Result<Vec<u8>, RuntimeError> {
        output::last_words(self, call, id).await
    }

    async fn api_stats(&self, call: &Call, id: &ContainerId) -> Result<StatsSample, RuntimeError> {
        self.counters(call, id).await
    }
}
