//! SetConfig, which must not fail: an agent that validates a plugin in vain does not start.

use super::SERVICE;
use crate::cty;
use crate::lab::Lab;
use nomad_driver_podman::adapters::nomad::proto::driver::fingerprint_response::HealthState;
use serde_json::json;

/// The second process of an agent's start.
pub async fn validation_sets_the_config_twice(lab: &Lab) {
    let plugin = lab.launch().await;
    let config = json!({ "recover_stopped": false, "gc": [{ "container": true }], "volumes": { "selinuxlabel": "z" } });
    for _ in 0..2 {
        plugin.configure(&config, false).await.unwrap();
    }
    plugin.end().await;
}

/// What a plugin without a schema would be sent; an agent that lost it sends nothing either.
pub async fn no_bytes_are_the_defaults(lab: &Lab) {
    let plugin = lab.launch().await;
    plugin.set_config(vec![], false).await.unwrap();
    plugin.set_config(cty::bytes(&json!(null)), true).await.unwrap();
    plugin.configure(&json!({}), true).await.unwrap();
}

pub async fn an_option_of_the_wrong_type_is_named(lab: &Lab) {
    let plugin = lab.launch().await;
    for (config, named) in [
        (json!({ "socket_path": ["a"] }), "socket_path"),
        (json!({ "socket_path": "tcp://localhost:80" }), "socket_path"),
        (json!({ "volumes": "yes" }), "volumes"),
        (json!({ "volumes": { "enabled": "perhaps" } }), "volumes.enabled"),
        (json!({ "gc": [{ "container": [] }] }), "gc.container"),
        (json!({ "recover_stopped": 7 }), "recover_stopped"),
    ] {
        let refused = plugin.set_config(cty::bytes(&config), false).await.unwrap_err();
        assert!(refused.message.contains(named), "{named}: {refused:?}");
    }
    plugin.configure(&json!({}), true).await.unwrap();
}

pub async fn bytes_that_are_no_config_are_refused(lab: &Lab) {
    let plugin = lab.launch().await;
    for bytes in [&b"\x81\xa1a"[..], b"garbage", b"\x93\x01\x02\x03", &[0x91; 5000]] {
        let refused = plugin.set_config(bytes.to_vec(), false).await.unwrap_err();
        assert!(refused.message.contains("config"), "{refused:?}");
    }
}

/// Three processes, one after the other, and nothing behind the socket.
pub async fn the_agent_starts_without_podman(lab: &Lab) {
    let config = json!({ "socket_path": format!("unix://{}/none.sock", lab.dir().display()) });
    let first = lab.launch().await;
    first.info().await;
    first.config_schema().await;
    first.end().await;

    let second = lab.launch().await;
    for _ in 0..2 {
        second.configure(&config, false).await.unwrap();
    }
    second.end().await;

    let third = lab.plugin_with(config).await;
    let report = third.fingerprint("a report", |_| true).await;
    assert_eq!(report.health(), HealthState::Undetected);
    third.task_schema().await;
    third.capabilities().await;
    let refused = third.start(&lab.task(SERVICE)).await.err().unwrap();
    assert!(refused.recoverable, "{refused:?}");
    third.assert_streams_open();
}
