//! How the driver feels.

use crate::harness::never;
use crate::lab::Lab;
use crate::relay::{Manner, Relay};
use nomad_driver_podman::adapters::nomad::proto::driver::{
    FingerprintResponse, fingerprint_response::HealthState,
};
use nomad_driver_podman::adapters::nomad::proto::structs::attribute::Value;
use serde_json::json;

pub async fn the_first_report_comes_at_once_and_the_stream_stays_open(lab: &Lab) {
    let plugin = lab.plugin().await;
    let report = plugin.fingerprint("a first report", |_| true).await;
    assert_eq!(report.health(), HealthState::Healthy, "{}", report.health_description);
    assert_eq!(report.err, "");
    let version = report.attributes["driver.podman.version"].value.clone();
    assert!(matches!(&version, Some(Value::StringVal(text)) if !text.is_empty()), "{version:?}");
    let two = |what: &'static str| plugin.fingerprint(what, |other| *other != report);
    never("a report while nothing changes", two("a second report")).await;
    plugin.assert_streams_open();
}

/// Looked for every 5 s while it is away.
pub async fn a_podman_that_comes_back_is_seen(lab: &Lab) {
    let socket = lab.dir().join("podman.sock");
    let plugin = lab.plugin_with(json!({ "socket_path": format!("unix://{}", socket.display()) })).await;
    plugin.fingerprint("undetected", |report| report.health() == HealthState::Undetected).await;
    let real = lab.arm.config["socket_path"].as_str().unwrap().trim_start_matches("unix://").into();
    let _relay = Relay::new(&socket, Manner::PassesOn(real));
    let healthy = |report: &FingerprintResponse| report.health() == HealthState::Healthy;
    plugin.fingerprint("healthy again", healthy).await;
    let task = lab.task("exit 7");
    plugin.start(&task).await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 7);
    plugin.destroy(task.id(), true).await.unwrap();
}
