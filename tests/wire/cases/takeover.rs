//! Tasks of the Go driver: adopted without a restart, and given back.

use super::LONG;
use crate::lab::Lab;
use crate::task::Task;
use nomad_driver_podman::adapters::nomad::proto::driver::{TaskHandle, TaskState};
use rmpv::Value;
use serde_json::json;
use std::path::Path;

/// Names the Go driver's binary, 0.6.3 or later.
const GO_DRIVER: &str = "NDP_GO_DRIVER";

/// Says a word for each SIGHUP, ends with 42 after SIGUSR1.
const TALKER: &str = "trap HUP {\nout word\\n\n}\ntrap USR1 {\nexit 42\n}\nout ready\\n\nforever";

/// The layout of releases before 0.6.3, which knew one socket only.
fn state(container: &str) -> Vec<u8> {
    let fields =
        [("ContainerID", Value::from(container)), ("LogStreamer", false.into()), ("Net", Value::Nil)];
    let map = fields.into_iter().map(|(name, value)| (Value::from(name), value)).collect();
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &Value::Map(map)).unwrap();
    bytes
}

/// What the agent has kept of a task that the Go driver started as `container`.
fn handle(task: &Task, container: &str) -> TaskHandle {
    TaskHandle {
        version: 1,
        config: Some(task.config.clone()),
        state: TaskState::Running.into(),
        driver_state: state(container).into(),
    }
}

/// A container as the Go driver makes it: no labels, the task's name, the task's directories.
fn container_like_the_go_drivers(lab: &Lab, task: &Task, binds: &[(String, &str)]) -> String {
    let name = format!("{}-{}", task.config.name, task.config.alloc_id);
    let volumes: Vec<String> =
        binds.iter().map(|(source, target)| format!("--volume={source}:{target}")).collect();
    let mut words = vec!["run", "--detach", "--network=none", "--name", &name];
    words.extend(volumes.iter().map(String::as_str));
    let command = lab.arm.command(TALKER);
    words.push(&lab.arm.image);
    words.extend(command.iter().map(String::as_str));
    lab.arm.podman_says(&words).trim().to_owned()
}

fn directories(task: &Task) -> Vec<(String, &'static str)> {
    let alloc = Path::new(&task.config.alloc_dir);
    let own = alloc.join(&task.config.name);
    let path = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
    let (shared, local, secrets) = (alloc.join("alloc"), own.join("local"), own.join("secrets"));
    vec![(path(shared), "/alloc"), (path(local), "/local"), (path(secrets), "/secrets")]
}

pub async fn a_container_of_the_go_driver_is_adopted(lab: &Lab) {
    let task = lab.task_without_collectors(TALKER);
    let container = container_like_the_go_drivers(lab, &task, &directories(&task));
    let plugin = lab.plugin().await;
    plugin.recover(&handle(&task, &container)).await.unwrap();
    assert_eq!(plugin.inspect(task.id()).await.unwrap().state(), TaskState::Running);
    assert_eq!(lab.containers_of(&task), [container], "the same container");
    let answer = plugin.exec(task.id(), lab.arm.command("exit 9"), LONG).await.unwrap();
    assert_eq!(answer.result.unwrap().exit_code, 9);
    plugin.stop(task.id(), LONG, "SIGUSR1").await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 42);
    plugin.destroy(task.id(), true).await.unwrap();
    assert_eq!(lab.containers_of(&task), [""; 0]);
}

/// A name is no proof: everybody can give it.
pub async fn a_container_that_only_has_the_name_is_left_alone(lab: &Lab) {
    let task = lab.task_without_collectors(TALKER);
    let container = container_like_the_go_drivers(lab, &task, &[]);
    let plugin = lab.plugin().await;
    let refused = plugin.recover(&handle(&task, &container)).await.unwrap_err();
    assert!(refused.message.contains("does not belong to task"), "{refused:?}");
    assert!(plugin.destroy(task.id(), true).await.is_err(), "nothing is known of it");
    assert!(plugin.start(&task).await.is_err(), "its name is taken");
    assert_eq!(lab.containers_of(&task), [container]);
    lab.remove_containers_of(&task);
}

/// Its own binary, when there is one: a task goes to and fro without noticing.
pub async fn a_task_goes_from_the_go_driver_to_us_and_back(lab: &Lab) {
    let Some(go) = std::env::var_os(GO_DRIVER) else {
        return println!("SKIPPED: {GO_DRIVER} names no binary of the Go driver");
    };
    let task = lab.task(TALKER);
    let theirs = lab.plugin_of(Path::new(&go), json!({})).await;
    let handle = theirs.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    let before = lab.containers_of(&task);
    theirs.process.kill().await;

    let ours = lab.plugin().await;
    ours.recover(&handle).await.unwrap();
    ours.signal(task.id(), "SIGHUP").await.unwrap();
    task.stdout.says("word").await;
    if lab.arm.has_stats() {
        ours.stats(task.id(), LONG).next().await.unwrap();
    }
    let answer = ours.exec(task.id(), lab.arm.command("exit 9"), LONG).await.unwrap();
    assert_eq!(answer.result.unwrap().exit_code, 9);
    assert_eq!(lab.containers_of(&task), before, "the same container");
    ours.stop(task.id(), LONG, "SIGUSR1").await.unwrap();
    assert_eq!(ours.exit_code(task.id()).await, 42);
    ours.destroy(task.id(), true).await.unwrap();
    assert_eq!(lab.containers_of(&task), [""; 0]);

    back(lab, Path::new(&go)).await;
}

/// The way back: the Go driver reads our state, and passes on what our container writes.
async fn back(lab: &Lab, go: &Path) {
    let mut task = lab.task(TALKER);
    let ours = lab.plugin().await;
    let handle = ours.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    let before = lab.containers_of(&task);
    ours.end().await;

    let theirs = lab.plugin_of(go, json!({})).await;
    task.collect();
    theirs.recover(&handle).await.unwrap();
    assert_eq!(theirs.inspect(task.id()).await.unwrap().state(), TaskState::Running);
    assert_eq!(lab.containers_of(&task), before, "the same container");
    let (exit, told) = tokio::join!(theirs.exit_code(task.id()), async {
        theirs.signal(task.id(), "SIGHUP").await.unwrap();
        task.stdout.says("word").await;
        theirs.signal(task.id(), "SIGUSR1").await
    });
    told.unwrap();
    assert_eq!(exit, 42);
    theirs.destroy(task.id(), true).await.unwrap();
    assert_eq!(lab.containers_of(&task), [""; 0]);
    theirs.process.kill().await;
}
