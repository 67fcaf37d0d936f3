//! The service's stream of events, of which only the ends of containers are of interest.

use super::client::{Ask, Podman};
use super::containers::escape;
use crate::adapters::podman::call::Call;
use crate::domain::task::identity::ContainerId;
use crate::ports::RuntimeError;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Deserialize;
use std::collections::VecDeque;

/// Longest line that is waited for: labels and all, an event has some KiB.
const LINE_BYTES: usize = 1 << 20;

/// One event; versions name the container in one place or the other (libpod REST 2.2 to 5).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    #[serde(rename = "ID", alias = "id")]
    id: String,
    #[serde(rename = "Actor")]
    actor: Actor,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Actor {
    #[serde(rename = "ID")]
    id: String,
}

/// Containers as they end. A stream that makes no sense ends; whoever listens opens another.
pub async fn deaths(podman: &Podman) -> Result<BoxStream<'static, ContainerId>, RuntimeError> {
    let call = Call::new("listen to events", "");
    let filters = escape(r#"{"type":["container"],"event":["died"]}"#);
    let ask = Ask::get(format!("/events?stream=true&filters={filters}"));
    let response = podman.open(&call, &ask).await?;
    let lines = Lines { body: response.into_body(), partial: Vec::new(), ready: VecDeque::new() };
    Ok(stream::unfold(lines, |mut lines| async { Some((lines.next().await?, lines)) }).boxed())
}

struct Lines {
    body: Incoming,
    partial: Vec<u8>,
    ready: VecDeque<ContainerId>,
}

impl Lines {
    async fn next(&mut self) -> Option<ContainerId> {
        loop {
            if let Some(id) = self.ready.pop_front() {
                return Some(id);
            }
            let frame = self.body.frame().await?.ok()?;
            self.feed(&frame.into_data().ok()?)?;
        }
    }

    /// `None` for a line that does not end.
    fn feed(&mut self, bytes: &Bytes) -> Option<()> {
        self.partial.extend_from_slice(bytes);
        while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            self.ready.extend(container(&line));
        }
        (self.partial.len() <= LINE_BYTES).then_some(())
    }
}

/// The container that a line of the stream tells of.
pub fn container(line: &[u8]) -> Option<ContainerId> {
    let event: Event = serde_json::from_slice(line).ok()?;
    let id = [event.actor.id, event.id].into_iter().find(|id| !id.is_empty());
    id.map(ContainerId::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_all_ages_name_their_container() {
        let new = br#"{"status":"died","id":"115a","Type":"container","Action":"died","Actor":{"ID":"115a","Attributes":{}}}"#;
        let old = br#"{"ID":"115a","Status":"died","Type":"container"}"#;
        for line in [&new[..], &old[..]] {
            assert_eq!(container(line), Some(ContainerId::new("115a")));
        }
        assert_eq!((container(b"{}"), container(b"garbage")), (None, None));
    }
}
