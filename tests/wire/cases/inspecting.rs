//! InspectTask and TaskStats.

use super::SERVICE;
use crate::lab::Lab;
use nomad_driver_podman::adapters::nomad::proto::driver::TaskState;
use std::time::Duration;

pub async fn a_running_task_and_an_ended_one_are_complete(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    let running = plugin.inspect(task.id()).await.unwrap();
    assert_eq!((running.id.as_str(), &running.name), (task.id(), &task.config.name));
    assert_eq!(running.state(), TaskState::Running);
    assert!(running.started_at.unwrap().seconds > 1_500_000_000);
    assert!(running.completed_at.unwrap().seconds <= 0, "not yet");

    plugin.signal(task.id(), "SIGTERM").await.unwrap();
    plugin.wait(task.id()).await.unwrap();
    let ended = plugin.inspect(task.id()).await.unwrap();
    assert_eq!(ended.state(), TaskState::Exited);
    assert_eq!(ended.result.unwrap().exit_code, 3);
    assert_eq!(ended.started_at, running.started_at);
    let (began, completed) = (ended.started_at.unwrap(), ended.completed_at.unwrap());
    assert!((completed.seconds, completed.nanos) > (began.seconds, began.nanos), "{began:?} {completed:?}");
}

pub async fn samples_are_complete_and_end_with_the_task(lab: &Lab) {
    if !lab.arm.has_stats() {
        return;
    }
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    let mut stats = plugin.stats(task.id(), Duration::from_millis(100));
    let (first, second) = (stats.next().await.unwrap(), stats.next().await.unwrap());
    assert_eq!((first.id.as_str(), second.id.as_str()), (task.id(), task.id()));
    assert!(second.timestamp.unwrap().seconds > 1_500_000_000);
    let usage = second.agg_resource_usage.unwrap();
    assert!(!usage.memory.unwrap().measured_fields.is_empty());
    assert!(!usage.cpu.unwrap().measured_fields.is_empty());

    plugin.signal(task.id(), "SIGTERM").await.unwrap();
    while stats.next().await.is_some() {}
    plugin.wait(task.id()).await.unwrap();
    let mut late = plugin.stats(task.id(), Duration::from_millis(100));
    while late.next().await.is_some() {}
}
