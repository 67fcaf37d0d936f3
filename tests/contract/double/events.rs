//! Ends of containers, told to whoever listens.

use super::service::{Double, No, Request, say};
use nomad_driver_podman::domain::container::ContainerFacts;
use nomad_driver_podman::ports::ContainerRuntime;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::unix::OwnedWriteHalf;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    filter: Vec<String>,
    since: String,
    until: String,
}

/// A run has begun: its end will be an event.
pub fn expect(double: &Arc<Double>, facts: ContainerFacts) {
    let double = Arc::clone(double);
    tokio::spawn(async move {
        if double.memory.wait(&facts.id).await.is_ok() {
            double.logs.written(&facts.id).await;
            let _ = double.ends.send(event(&facts));
        }
    });
}

fn event(facts: &ContainerFacts) -> Value {
    json!({
        "id": facts.id.as_str(), "image": "localhost/contract:latest", "name": facts.name.as_str(), "status": "died",
        "time": "2026-11-24T04:28:08.595392385Z", "type": "container",
    })
}

/// Never ends, but with the connection.
pub async fn tell(double: &Double, request: &Request, write: &mut OwnedWriteHalf) -> Result<Value, No> {
    let Input { filter, since, until } = request.input()?;
    assert_eq!(filter, ["type=container", "event=died"]);
    assert!(request.more && since.is_empty() && until.is_empty(), "else old events are told, or one only");
    let mut ends = double.ends.subscribe();
    while let Ok(event) = ends.recv().await {
        let reply = json!({ "parameters": { "events": event }, "continues": true });
        if say(write, &reply).await.is_err() {
            break;
        }
    }
    Err(No::occurred("nobody listens any more"))
}
