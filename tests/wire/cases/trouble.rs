//! What is behind the socket is no Podman, or none that answers.

use super::SERVICE;
use crate::agent::{Agent, Refused};
use crate::harness::never;
use crate::lab::Lab;
use crate::relay::{Manner, Relay};
use nomad_driver_podman::adapters::nomad::proto::driver::fingerprint_response::HealthState;
use nomad_driver_podman::adapters::nomad::proto::driver::{FingerprintResponse, TaskHandle};
use serde_json::json;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::timeout;

/// The driver's own bounds, and some more for a busy machine.
const GIVEN_UP: Duration = Duration::from_secs(15);

fn socket(lab: &Lab) -> PathBuf {
    lab.dir().join("podman.sock")
}

async fn plugin(lab: &Lab) -> Rc<Agent> {
    lab.plugin_with(json!({ "socket_path": format!("unix://{}", socket(lab).display()) })).await
}

async fn undetected(plugin: &Agent) -> FingerprintResponse {
    let report = timeout(GIVEN_UP, plugin.fingerprint("a report", |_| true)).await;
    let report = report.expect("a report within its bound");
    assert_eq!(report.health(), HealthState::Undetected, "{}", report.health_description);
    assert_ne!(report.health_description, "");
    report
}

async fn not_started(plugin: &Agent, lab: &Lab) -> Refused {
    let started = timeout(GIVEN_UP, plugin.start(&lab.task(SERVICE))).await;
    let refused = started.expect("an answer within its bound").err().unwrap();
    assert!(refused.recoverable, "it may be better soon: {refused:?}");
    refused
}

pub async fn a_missing_socket_is_told(lab: &Lab) {
    let plugin = plugin(lab).await;
    let report = undetected(&plugin).await;
    assert!(report.health_description.contains("No such file"), "{}", report.health_description);
    never("a report while nothing changes", plugin.fingerprint("another", |other| *other != report)).await;
    let refused = not_started(&plugin, lab).await;
    assert!(
        refused.message.contains("No such file") && refused.message.contains("podman.sock"),
        "{refused:?}"
    );
    plugin.assert_streams_open();
}

pub async fn a_hung_socket_is_given_up(lab: &Lab) {
    let _relay = Relay::new(&socket(lab), Manner::Hangs);
    let plugin = plugin(lab).await;
    let (_, refused) = tokio::join!(undetected(&plugin), not_started(&plugin, lab));
    assert!(refused.message.contains("no answer") || refused.message.contains("time"), "{refused:?}");
}

/// One hung task would hold up the agent's start.
pub async fn a_hung_socket_does_not_hold_up_recovery(lab: &Lab) {
    let _relay = Relay::new(&socket(lab), Manner::Hangs);
    let plugin = plugin(lab).await;
    let task = lab.task(SERVICE);
    let state = json!({
        "version": 1, "socket": "default", "container_id": "0".repeat(64), "container_name": "web", "started_at": null
    });
    let handle = TaskHandle {
        version: 1,
        config: Some(task.config.clone()),
        driver_state: state.to_string().into(),
        ..Default::default()
    };
    let recovery = timeout(GIVEN_UP, plugin.recover(&handle)).await;
    recovery.expect("an answer within its bound").unwrap_err();
    assert!(plugin.inspect(task.id()).await.is_err());
}

pub async fn a_web_server_is_no_podman(lab: &Lab) {
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\n<p>hello</p>";
    let told = answered(lab, page).await;
    assert!(told.contains("not Podman"), "{told}");
}

pub async fn a_reply_that_is_no_json_is_told(lab: &Lab) {
    let page = "HTTP/1.1 200 OK\r\nLibpod-Api-Version: 4.3.1\r\nContent-Length: 12\r\n\r\n<p>hello</p>";
    let told = answered(lab, page).await;
    assert!(told.contains("expected value"), "{told}");
}

pub async fn a_refusal_without_a_reason_is_told(lab: &Lab) {
    let page =
        "HTTP/1.1 502 Bad Gateway\r\nLibpod-Api-Version: 4.3.1\r\nContent-Length: 12\r\n\r\n<p>hello</p>";
    let told = answered(lab, page).await;
    assert!(told.contains("502"), "{told}");
}

/// What StartTask says of a service that answers like that.
async fn answered(lab: &Lab, page: &'static str) -> String {
    let _relay = Relay::new(&socket(lab), Manner::Answers(page));
    let plugin = plugin(lab).await;
    undetected(&plugin).await;
    not_started(&plugin, lab).await.message
}
