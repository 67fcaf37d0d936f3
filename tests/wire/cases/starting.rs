//! StartTask: a handle, or one clear error and nothing left.

use super::SERVICE;
use crate::cty;
use crate::lab::Lab;
use crate::task::CANARY;
use nomad_driver_podman::adapters::nomad::proto::driver::TaskState;
use serde_json::json;
use std::path::Path;

pub async fn a_started_task_has_a_handle_and_its_secrets_stay_inside(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task("env PASSWORD\nargs\nforever");
    let handle = plugin.start(&task).await.unwrap();
    assert_eq!(handle.state(), TaskState::Running);
    let state = String::from_utf8_lossy(&handle.driver_state).into_owned();
    assert!(!state.contains(CANARY), "a secret in the handle: {state}");
    task.stdout.says(&format!("{CANARY}\n{CANARY}\n")).await;
    plugin.destroy(task.id(), true).await.unwrap();
    assert!(!plugin.events_so_far().contains(CANARY), "{}", plugin.events_so_far());
}

/// A Podman that is killed in the middle of a create leaves storage with the container's name and no container. So does a
/// build that fails, by a name that its image gives.
pub async fn storage_that_has_the_name_and_no_container_is_in_nobodys_way(lab: &Lab) {
    const IMAGE: &str = "localhost/web:latest";
    let mut task = lab.task(SERVICE);
    task.config.alloc_id = "working-container".to_owned();
    let context = Path::new(&task.config.alloc_dir).join("build");
    std::fs::create_dir(&context).unwrap();
    let file = context.join("Containerfile");
    std::fs::write(&file, format!("FROM {IMAGE}\nRUN exit 1\n")).unwrap();
    let words = ["build", "--rm=false", "--force-rm=false", "--network=none", "--file"];
    lab.arm.podman_says(&["tag", &lab.arm.image, IMAGE]);
    lab.arm.podman_tries(&[&words[..], &[file.to_str().unwrap(), context.to_str().unwrap()]].concat());
    lab.arm.podman_says(&["untag", &lab.arm.image, IMAGE]);
    let named = || lab.arm.podman_says(&["ps", "--all", "--external", "--format", "{{.Names}} {{.Status}}"]);
    assert!(named().contains("web-working-container Storage"), "{}", named());
    let plugin = lab.plugin().await;
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    plugin.destroy(task.id(), true).await.unwrap();
    assert!(!named().contains("web-working-container"), "{}", named());
}

pub async fn an_id_is_started_once(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    plugin.start(&task).await.unwrap();
    let refused = plugin.start(&task).await.err().unwrap();
    assert!(refused.message.contains("already started"), "{refused:?}");
    assert!(!refused.recoverable);
    task.stdout.says("ready").await;
    plugin.signal(task.id(), "SIGTERM").await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 3, "the first start is not disturbed");
}

/// `localhost/` is asked for on this machine, where no registry listens: a registry that is down may come up.
pub async fn an_image_that_is_not_there_may_be_there_later(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE).with(json!({ "image": "localhost/nobody/has-this:1" }));
    let refused = plugin.start(&task).await.err().unwrap();
    assert!(refused.message.contains("localhost/nobody/has-this"), "{refused:?}");
    assert!(refused.message.contains("connection refused"), "Podman's own words: {refused:?}");
    assert!(refused.recoverable, "{refused:?}");
}

pub async fn a_program_that_is_not_there_is_told_in_podmans_words(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE).with(json!({ "command": "/no/such/program" }));
    let refused = plugin.start(&task).await.err().unwrap();
    assert!(refused.message.contains("/no/such/program"), "{refused:?}");
    assert!(!refused.recoverable, "the next try would fail as well: {refused:?}");
    assert_eq!(lab.containers_of(&task), [""; 0], "left behind by a start that failed");
    assert!(plugin.wait(task.id()).await.is_err());
}

/// The agent checks types, but not all, and not those of an old schema.
pub async fn options_that_cannot_be_used_are_named(lab: &Lab) {
    let plugin = lab.plugin().await;
    let image = &lab.arm.image;
    for (config, named) in [
        (json!({ "command": "sh" }), "image"),
        (json!({ "image": image, "volumes": "not a list" }), "volumes"),
        (json!({ "image": image, "init": [1] }), "init"),
        (json!({ "image": image, "tmpfs": [{ "a": 1 }] }), "tmpfs"),
        (json!({ "image": image, "network_mode": "no such mode" }), "network_mode"),
        (json!({ "image": image, "memory_swap": "much" }), "memory_swap"),
        (json!([1, 2, 3]), "config"),
    ] {
        let task = lab.task(SERVICE);
        let mut request = task.config.clone();
        request.msgpack_driver_config = cty::bytes(&config).into();
        let refused = plugin.start_config(request).await.err().unwrap();
        assert!(refused.message.contains(named), "{named}: {refused:?}");
        assert!(!refused.recoverable, "{named}: {refused:?}");
    }
    let mut request = lab.task(SERVICE).config.clone();
    request.msgpack_driver_config = b"\x81\xa1a".to_vec().into();
    assert!(!plugin.start_config(request).await.err().unwrap().recoverable);
}

/// As cty encodes what no float says exactly.
pub async fn numbers_may_come_as_text(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task("exit 0");
    let mut request = plugin.config_of(&task).await;
    let mut options = task.options.clone();
    options["memory_swappiness"] = json!("60");
    request.msgpack_driver_config = cty::bytes(&options).into();
    plugin.start_config(request).await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 0);
}

/// The agent asks again with the same id when a plugin dies before it answers.
pub async fn a_start_that_was_cut_off_is_started_again(lab: &Lab) {
    let first = lab.plugin().await;
    let task = lab.task(SERVICE);
    first.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    first.process.kill().await;

    let second = lab.plugin().await;
    second.start(&task).await.unwrap();
    task.stdout.says("ready\nready\n").await;
    assert_eq!(lab.containers_of(&task).len(), 1, "one task, one container");
    second.signal(task.id(), "SIGTERM").await.unwrap();
    assert_eq!(second.exit_code(task.id()).await, 3);
}

pub async fn events_name_their_task(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    plugin.start(&task).await.unwrap();
    let event = plugin.event("Pulled image").await;
    assert_eq!(event.task_id, task.id());
    assert_eq!((&event.alloc_id, &event.task_name), (&task.config.alloc_id, &task.config.name));
    assert!(event.timestamp.is_some());
}

pub async fn a_task_that_fails_young_has_its_last_words_told(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(&format!("err no\\x20{CANARY}\\n\nerr cannot\\x20go\\x20on\\n\nexit 9"));
    plugin.start(&task).await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 9);
    let event = plugin.event("Exited with code 9").await;
    assert_eq!(event.task_id, task.id());
    assert!(event.message.ends_with("standard error: no *** | cannot go on"), "{}", event.message);
    assert!(plugin.events_so_far().contains("Created container"), "{}", plugin.events_so_far());
    assert!(!plugin.events_so_far().contains(CANARY), "{}", plugin.events_so_far());
}

pub async fn want_of_memory_is_told_in_numbers(lab: &Lab) {
    if !lab.arm.has_stats() {
        return;
    }
    let plugin = lab.plugin().await;
    let task = lab.task("sleep 1s\nallocate 268435456\nexit 0").with(json!({ "memory_swap": "64m" }));
    plugin.start(&task).await.unwrap();
    let ended = plugin.wait(task.id()).await.unwrap().result.unwrap();
    assert_eq!((ended.exit_code, ended.oom_killed), (137, true));
    let event = plugin.event("out of memory").await;
    assert!(event.message.contains("limit 64 MiB"), "{}", event.message);
}
