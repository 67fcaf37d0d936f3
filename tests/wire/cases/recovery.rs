//! RecoverTask: as if the plugin had never been away.

use super::{LONG, SERVICE};
use crate::lab::Lab;
use nomad_driver_podman::adapters::nomad::proto::driver::TaskState;
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

/// Says a word for each SIGHUP, ends with 42 after SIGUSR1.
const TALKER: &str = "trap HUP {\nout word\\n\n}\ntrap USR1 {\nexit 42\n}\nout ready\\n\nforever";

pub async fn a_running_task_goes_on(lab: &Lab) {
    let first = lab.plugin().await;
    let task = lab.task(TALKER);
    let handle = first.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    let before = lab.containers_of(&task);
    let began = first.inspect(task.id()).await.unwrap().started_at;
    first.end().await;

    let second = lab.plugin().await;
    second.recover(&handle).await.unwrap();
    let status = second.inspect(task.id()).await.unwrap();
    assert_eq!((status.state(), status.started_at), (TaskState::Running, began));
    assert_eq!(lab.containers_of(&task), before, "the same container");
    if lab.arm.has_stats() {
        second.stats(task.id(), Duration::from_millis(100)).next().await.unwrap();
    }
    let answer = second.exec(task.id(), lab.arm.command("exit 9"), LONG).await.unwrap();
    assert_eq!(answer.result.unwrap().exit_code, 9);
    second.signal(task.id(), "SIGUSR1").await.unwrap();
    assert_eq!(second.exit_code(task.id()).await, 42);
    second.destroy(task.id(), true).await.unwrap();
    assert_eq!(lab.containers_of(&task), [""; 0]);
}

/// The agent recovers first and starts its collectors then.
pub async fn a_collector_may_come_after_recovery(lab: &Lab) {
    let first = lab.plugin().await;
    let mut task = lab.task(TALKER);
    let handle = first.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    first.end().await;
    // With nobody left at the pipe, the collectors end.
    lab.end_keeper().await;
    task.stdout.all().await;

    let second = lab.plugin().await;
    second.recover(&handle).await.unwrap();
    task.collect();
    task.stderr.until("stderr opened", |seen| seen.open).await;
    second.signal(task.id(), "SIGHUP").await.unwrap();
    task.stdout.says("word\n").await;
    assert_eq!(task.stdout.text(), "word\n", "nothing is told twice");
}

pub async fn a_task_that_ended_meanwhile_has_its_own_exit_code(lab: &Lab) {
    let config = json!({ "recover_stopped": false });
    let first = lab.plugin_with(config.clone()).await;
    let task = lab.task(TALKER);
    let handle = first.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    let container = lab.containers_of(&task).remove(0);
    first.end().await;
    lab.arm.podman_says(&["kill", "--signal", "USR1", &container]);
    assert_eq!(lab.arm.podman_says(&["wait", &container]).trim(), "42");

    let second = lab.plugin_with(config).await;
    second.recover(&handle).await.unwrap();
    assert_eq!(second.exit_code(task.id()).await, 42);
    let status = second.inspect(task.id()).await.unwrap();
    assert_eq!(status.state(), TaskState::Exited);
    second.destroy(task.id(), true).await.unwrap();
    assert_eq!(lab.containers_of(&task), [""; 0]);
}

/// The agent sees the end of both pipes, starts another plugin and recovers what it waited for.
pub async fn a_plugin_that_was_killed_is_followed_by_another(lab: &Lab) {
    let first = lab.plugin().await;
    let task = lab.task(TALKER);
    let handle = first.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    first.process.kill().await;

    let second = lab.plugin().await;
    second.recover(&handle).await.unwrap();
    second.signal(task.id(), "SIGHUP").await.unwrap();
    task.stdout.says("word\n").await;
    second.stop(task.id(), LONG, "SIGUSR1").await.unwrap();
    assert_eq!(second.exit_code(task.id()).await, 42);
}

/// An agent that was killed finds its plugin alive, and recovers every task all the same.
pub async fn a_task_that_is_known_is_left_alone(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    let handle = plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    for _ in 0..2 {
        plugin.recover(&handle).await.unwrap();
    }
    plugin.signal(task.id(), "SIGTERM").await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 3);
    plugin.recover(&handle).await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 3);
    assert_eq!(task.stdout.text(), "ready\n", "one pump, not two");
}

pub async fn a_container_that_is_gone_is_told(lab: &Lab) {
    let first = lab.plugin().await;
    let task = lab.task(SERVICE);
    let handle = first.start(&task).await.unwrap();
    for container in lab.containers_of(&task) {
        first.end().await;
        lab.arm.podman_says(&["rm", "--force", "--time", "0", &container]);
    }
    let second = lab.plugin().await;
    let recovery = timeout(Duration::from_secs(10), second.recover(&handle)).await;
    let refused = recovery.expect("the agent's start hangs on this").unwrap_err();
    assert!(refused.message.contains("no such container"), "{refused:?}");
    assert!(second.inspect(task.id()).await.is_err());
}

pub async fn bytes_that_are_no_handle_are_refused(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    let handle = plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    plugin.destroy(task.id(), true).await.unwrap();
    let half = handle.driver_state.slice(..handle.driver_state.len() / 2);
    for state in [&b""[..], b"garbage", b"{}", b"\xc0", b"\x81\xa1a\x01", b"[[[[", b"null", &half] {
        let handle = {
            let mut other = handle.clone();
            other.driver_state = state.to_vec().into();
            other
        };
        let refused = plugin.recover(&handle).await.unwrap_err();
        assert!(!refused.message.is_empty());
        assert!(plugin.inspect(task.id()).await.is_err(), "known after {refused:?}");
    }
}

/// After a downgrade: the container is left alone.
pub async fn a_handle_of_a_later_release_is_refused(lab: &Lab) {
    let first = lab.plugin().await;
    let task = lab.task(TALKER);
    let sound = first.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    let before = lab.containers_of(&task);
    first.end().await;
    let mut handle = sound.clone();
    let version = br#""version":"#;
    let mut state = handle.driver_state.to_vec();
    let Some(at) = state.windows(version.len()).position(|window| window == version) else {
        return println!("SKIPPED: this driver keeps no version that could be changed");
    };
    state[at + version.len()] = b'9';
    handle.driver_state = state.into();
    let second = lab.plugin().await;
    let refused = second.recover(&handle).await.unwrap_err();
    assert!(refused.message.contains("version 9"), "{refused:?}");
    assert_eq!(lab.containers_of(&task), before);
    // It runs as before, and is there for a plugin that reads its handle.
    second.recover(&sound).await.unwrap();
    second.signal(task.id(), "SIGUSR1").await.unwrap();
    assert_eq!(second.exit_code(task.id()).await, 42);
}
