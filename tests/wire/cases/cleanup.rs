//! What no verb reaches goes in time; what the operator keeps stays.

use super::SERVICE;
use crate::harness::soon;
use crate::lab::Lab;
use serde_json::json;
use std::time::Duration;

/// Between two looks at what Podman has.
const GLANCE: Duration = Duration::from_millis(50);

/// The plugin that comes after a crash and is told of one task only: the other's container is nobody's.
pub async fn a_container_that_no_task_claims_goes_after_its_grace(lab: &Lab) {
    let first = lab.plugin().await;
    let (lost, kept) = (lab.task(SERVICE), lab.task(SERVICE));
    first.start(&lost).await.unwrap();
    let handle = first.start(&kept).await.unwrap();
    kept.stdout.says("ready").await;
    first.process.kill().await;

    let config = |dry_run: bool| {
        let dangling = json!({ "grace": "1s", "dry_run": dry_run });
        json!({ "recover_stopped": false, "gc": { "dangling": dangling } })
    };
    let looking = lab.plugin_with(config(true)).await;
    looking.recover(&handle).await.unwrap();
    let told = |log: &str| log.matches("it would be removed").count();
    let stderr = &looking.process.stderr;
    stderr.until("the dry run", |seen| told(&String::from_utf8_lossy(&seen.bytes)) > 0).await;
    assert_eq!(lab.containers_of(&lost).len(), 1, "only told");
    looking.process.kill().await;

    let reaping = lab.plugin_with(config(false)).await;
    reaping.recover(&handle).await.unwrap();
    let gone = async {
        while !lab.containers_of(&lost).is_empty() {
            tokio::time::sleep(GLANCE).await;
        }
    };
    soon("the end of what nobody claims", gone).await;
    assert_eq!(lab.containers_of(&kept).len(), 1);
    reaping.signal(kept.id(), "SIGTERM").await.unwrap();
    assert_eq!(reaping.exit_code(kept.id()).await, 3, "it was left alone");
}

/// `gc { container = false }`
pub async fn a_container_that_is_kept_outlives_every_destroy(lab: &Lab) {
    let config = json!({ "recover_stopped": false, "gc": { "container": false } });
    let plugin = lab.plugin_with(config.clone()).await;
    let task = lab.task("exit 3");
    let handle = plugin.start(&task).await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 3);
    for _ in 0..2 {
        plugin.destroy(task.id(), true).await.unwrap();
        assert_eq!(lab.containers_of(&task).len(), 1);
    }
    plugin.end().await;
    let next = lab.plugin_with(config).await;
    next.recover(&handle).await.unwrap();
    assert_eq!(next.exit_code(task.id()).await, 3);
    next.destroy(task.id(), true).await.unwrap();
    assert_eq!(lab.containers_of(&task).len(), 1);
    lab.remove_containers_of(&task);
}
