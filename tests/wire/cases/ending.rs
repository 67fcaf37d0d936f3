//! The end of the plugin, which is not the end of its tasks.

use super::{LONG, SERVICE};
use crate::lab::Lab;
use std::time::Duration;

/// Two streams of the agent, a wait, samples and a session: nothing of it may hold the plugin up.
pub async fn the_plugin_ends_in_time_with_streams_open(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    let mut stats = plugin.stats(task.id(), Duration::from_millis(100));
    if lab.arm.has_stats() {
        stats.next().await.unwrap();
    }
    let mut session = plugin.session(task.id(), lab.arm.command("cat"), false).await;
    session.write(b"x").await;
    session.says("x").await;
    let mut driver = plugin.host().driver.clone();
    let request = nomad_driver_podman::adapters::nomad::proto::driver::WaitTaskRequest {
        task_id: task.id().to_owned(),
    };
    let wait = tokio::spawn(async move { driver.wait_task(request).await });
    plugin.inspect(task.id()).await.unwrap();

    plugin.end().await;
    let status = wait.await.unwrap().unwrap_err();
    assert!(
        std::error::Error::source(&status).is_some(),
        "any answer but a cut connection means to the agent that the task has ended: {status:?}"
    );
    lab.remove_containers_of(&task);
}

pub async fn tasks_outlive_the_plugin(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    let handle = plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    let container = lab.containers_of(&task).remove(0);
    plugin.end().await;
    let state = lab.arm.podman_says(&["inspect", "--format", "{{.State.Status}}", &container]);
    assert_eq!(state.trim(), "running");
    let next = lab.plugin().await;
    next.recover(&handle).await.unwrap();
    next.stop(task.id(), LONG, "").await.unwrap();
    assert_eq!(next.exit_code(task.id()).await, 3);
}

pub async fn nobody_else_holds_the_plugins_output(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    let mut session = plugin.session(task.id(), lab.arm.command("cat"), false).await;
    session.write(b"x").await;
    session.says("x").await;
    plugin.process.nobody_else_writes().await;
}
