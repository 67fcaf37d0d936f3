//! Podman goes away while tasks run, and comes back.

use super::LONG;
use crate::agent::Agent;
use crate::lab::Lab;
use crate::relay::{Manner, Relay};
use crate::task::Task;
use futures_util::future::join_all;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;

const TASKS: usize = 10;

/// Says when it is told to stop.
const SERVICE: &str = "trap TERM {\nout bye\\n\nexit 3\n}\nout ready\\n\nforever";

/// For how long Podman is away at least, in seconds: `NDP_OUTAGE_SECONDS=30` shows that time makes no difference.
fn away() -> Duration {
    let seconds = std::env::var("NDP_OUTAGE_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

fn podman(lab: &Lab) -> PathBuf {
    Path::new(lab.arm.config["socket_path"].as_str().unwrap().trim_start_matches("unix://")).to_owned()
}

/// Here only the way to it; the chaos suite kills Podman itself.
pub async fn samples_logs_and_exits_go_on_while_podman_is_away(lab: &Lab) {
    let socket = lab.dir().join("podman.sock");
    let relay = Relay::new(&socket, Manner::PassesOn(podman(lab)));
    let plugin = lab.plugin_with(json!({ "socket_path": format!("unix://{}", socket.display()) })).await;
    let leave = async { drop(relay) };
    survived(lab, &plugin, leave, async { Relay::new(&socket, Manner::PassesOn(podman(lab))) }).await;
}

/// What the kernel and conmon know is told meanwhile, and what only Podman can do is done later.
pub async fn survived<T>(
    lab: &Lab,
    plugin: &Agent,
    leave: impl Future<Output = ()>,
    come_back: impl Future<Output = T>,
) {
    let tasks: Vec<_> = (0..TASKS).map(|_| lab.task(SERVICE)).collect();
    for task in &tasks {
        plugin.start(task).await.unwrap();
    }
    join_all(tasks.iter().map(|task| task.stdout.says("ready"))).await;
    let (ending, staying) = tasks.split_at(TASKS / 2);
    let containers: Vec<_> = ending.iter().map(|task| lab.containers_of(task).remove(0)).collect();
    let has_stats = lab.arm.has_stats();
    let mut stats: Vec<_> =
        tasks.iter().map(|task| plugin.stats(task.id(), Duration::from_millis(100))).collect();
    for samples in stats.iter_mut().filter(|_| has_stats) {
        samples.next().await.unwrap();
    }

    leave.await;
    tokio::time::sleep(away()).await;
    for samples in stats.iter_mut().filter(|_| has_stats) {
        for _ in 0..5 {
            samples.next().await.expect("samples go on");
        }
    }
    for container in &containers {
        lab.arm.podman_says(&["kill", "--signal", "TERM", container]);
    }
    for task in ending {
        task.stdout.says("bye").await;
        assert_eq!(plugin.exit_code(task.id()).await, 3, "its own code, without Podman's help");
    }

    let _back = come_back.await;
    reconciled(lab, plugin, &tasks, staying).await;
}

async fn reconciled(lab: &Lab, plugin: &Agent, tasks: &[Task], staying: &[Task]) {
    for task in staying {
        plugin.stop(task.id(), LONG, "").await.unwrap();
        task.stdout.says("bye").await;
        assert_eq!(plugin.exit_code(task.id()).await, 3);
    }
    for task in tasks {
        plugin.destroy(task.id(), false).await.unwrap();
        assert_eq!(lab.containers_of(task), [""; 0]);
    }
}
