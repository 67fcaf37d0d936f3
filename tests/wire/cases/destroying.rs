//! DestroyTask.

use super::SERVICE;
use crate::lab::Lab;

pub async fn a_running_task_is_destroyed_by_force_only(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    let refused = plugin.destroy(task.id(), false).await.unwrap_err();
    assert!(refused.message.contains("running"), "{refused:?}");
    plugin.inspect(task.id()).await.unwrap();
    plugin.destroy(task.id(), true).await.unwrap();
    assert_eq!(lab.containers_of(&task), [""; 0]);
    assert!(plugin.inspect(task.id()).await.is_err(), "forgotten");
}

/// The agent destroys after every end and ignores the answer.
pub async fn twice_is_no_harm(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task("exit 7");
    plugin.start(&task).await.unwrap();
    plugin.wait(task.id()).await.unwrap();
    plugin.destroy(task.id(), false).await.unwrap();
    let refused = plugin.destroy(task.id(), true).await.unwrap_err();
    assert!(refused.message.contains("task not found"), "{refused:?}");
}

pub async fn whoever_waits_is_told(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    // Requests of one moment are served in no order: another answer says that the first one has come.
    let destroy = async {
        plugin.inspect(task.id()).await.unwrap();
        plugin.destroy(task.id(), true).await.unwrap();
    };
    let (answer, ()) = tokio::join!(plugin.wait(task.id()), destroy);
    assert_eq!(answer.unwrap().result.unwrap().exit_code, 137);
}
