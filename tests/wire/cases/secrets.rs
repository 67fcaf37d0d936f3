//! Registry passwords, values of the environment and of labels: Podman gets them, and nobody else.

use super::SERVICE;
use crate::lab::Lab;
use crate::task::{CANARY, Task};
use serde_json::{Value, json};
use std::fmt::Debug;
use std::time::Duration;

/// Has one wherever it can; its environment and arguments bring their own.
fn secretive(lab: &Lab, more: Value) -> Task {
    let options = json!({
        "auth": { "username": "ci", "password": CANARY },
        "labels": [{ "token": CANARY }],
        "annotations": [{ "io.example.token": CANARY }],
    });
    lab.task(SERVICE).with(options).with(more)
}

fn is_clean(what: &str, said: &impl Debug) {
    let said = format!("{said:?}");
    assert!(!said.contains(CANARY), "{what}: {said}");
}

/// The plugin's own log is looked through by the lab.
pub async fn nothing_that_anybody_reads_shows_one(lab: &Lab) {
    let accounts = lab.dir().join("accounts.json");
    let account = json!({ "auths": { "localhost": { "username": "ci", "password": CANARY } } });
    std::fs::write(&accounts, account.to_string()).unwrap();
    let config = json!({ "auth": { "config": accounts }, "recover_stopped": false });
    let plugin = lab.plugin_with(config.clone()).await;
    let missing = "localhost/nobody/has-this:1";
    for more in [
        json!({ "image": missing }),
        json!({ "image": missing, "auth": null }),
        json!({ "network_mode": "no such mode" }),
        json!({ "volumes": ["/no/such/path:/data"] }),
        json!({ "labels": [[CANARY]] }),
        json!({ "auth": { "pass": CANARY } }),
    ] {
        let mut request = secretive(lab, json!({})).config;
        let options = secretive(lab, more).options;
        request.msgpack_driver_config = crate::cty::bytes(&options).into();
        is_clean("a refusal", &plugin.start_config(request).await.err());
    }
    let task = secretive(lab, json!({}));
    let handle = plugin.start(&task).await.unwrap();
    is_clean("the handle", &String::from_utf8_lossy(&handle.driver_state));
    task.stdout.says("ready").await;
    is_clean("a status", &plugin.inspect(task.id()).await.unwrap());
    let command = vec!["/no/such/program".to_owned(), CANARY.to_owned()];
    is_clean("a command", &plugin.exec(task.id(), command, Duration::from_secs(5)).await.err());
    is_clean("a refused signal", &plugin.signal(task.id(), "SIGNONE").await.err());
    plugin.signal(task.id(), "SIGTERM").await.unwrap();
    is_clean("an end", &plugin.wait(task.id()).await.unwrap());
    plugin.destroy(task.id(), true).await.unwrap();
    is_clean("an unknown task", &plugin.destroy(task.id(), true).await.err());
    // What cannot be recovered is told as well.
    is_clean("a failed recovery", &plugin.recover(&handle).await.err());
    is_clean("events", &plugin.events_so_far());
    assert!(plugin.events_so_far().contains("Created container"), "they were heard at all");
}
