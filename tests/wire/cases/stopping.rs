//! StopTask.

use super::{LONG, SERVICE};
use crate::agent::Agent;
use crate::lab::Lab;
use crate::task::Task;
use serde_json::json;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

async fn running(lab: &Lab, program: &str) -> (Rc<Agent>, Task) {
    let plugin = lab.plugin().await;
    let task = lab.task(program);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    (plugin, task)
}

pub async fn the_usual_signal_ends_a_task(lab: &Lab) {
    let (plugin, task) = running(lab, SERVICE).await;
    plugin.stop(task.id(), LONG, "").await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 3);
}

pub async fn the_hosts_signal_is_sent(lab: &Lab) {
    let program = "ignore TERM\ntrap USR1 {\nexit 42\n}\nout ready\\n\nforever";
    let (plugin, task) = running(lab, program).await;
    plugin.stop(task.id(), LONG, "SIGUSR1").await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 42);
}

/// Less than a second is a time as well: it is over before one second is, and not before it is over.
pub async fn a_task_that_ignores_it_is_killed_in_time(lab: &Lab) {
    let (plugin, task) = running(lab, "trap TERM {\nout asked\\n\n}\nout ready\\n\nforever").await;
    let other = lab.task("ignore TERM\nout ready\\n\nforever");
    plugin.start(&other).await.unwrap();
    other.stdout.says("ready").await;
    let (begun, grace) = (Instant::now(), Duration::from_millis(400));
    tokio::select! {
        biased;
        _ = plugin.stop(other.id(), LONG, "") => panic!("a longer time was over first"),
        stopped = plugin.stop(task.id(), grace, "") => stopped.unwrap(),
    }
    assert!(begun.elapsed() >= grace, "killed before its time was over");
    task.stdout.says("asked").await;
    assert_eq!(plugin.exit_code(task.id()).await, 137);
}

pub async fn the_images_signal_is_sent(lab: &Lab) {
    let program = "ignore TERM\ntrap USR1 {\nexit 42\n}\nout ready\\n\nforever";
    let (plugin, plain) = running(lab, program).await;
    let image = format!("localhost/stop-signal:{}", plain.config.alloc_id);
    let container = lab.containers_of(&plain).remove(0);
    lab.arm.podman_says(&["commit", "--quiet", "--change", "STOPSIGNAL SIGUSR1", &container, &image]);
    let task = lab.task(program).with(json!({ "image": image }));
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    plugin.stop(task.id(), LONG, "").await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 42);
    plugin.destroy(task.id(), false).await.unwrap();
    lab.arm.podman_says(&["rmi", &image]);
}

pub async fn without_time_it_is_killed_at_once(lab: &Lab) {
    let (plugin, task) = running(lab, "ignore TERM\nout ready\\n\nforever").await;
    plugin.stop(task.id(), Duration::ZERO, "SIGTERM").await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 137);
}

pub async fn a_task_that_is_gone_is_stopped(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task("exit 7");
    plugin.start(&task).await.unwrap();
    plugin.wait(task.id()).await.unwrap();
    for _ in 0..2 {
        plugin.stop(task.id(), LONG, "SIGTERM").await.unwrap();
    }
    assert_eq!(plugin.exit_code(task.id()).await, 7, "its own end, not that of the stop");
}

/// Refusing would leave the task running: the agent only asks again, five times over minutes.
pub async fn a_signal_that_does_not_exist_is_replaced_by_the_containers_own(lab: &Lab) {
    let (plugin, task) = running(lab, SERVICE).await;
    plugin.stop(task.id(), LONG, "SIGNOPE").await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 3, "what SIGTERM makes of it");
}
