//! Ids that nobody knows.

use super::LONG;
use crate::agent::Answer;
use crate::lab::Lab;
use nomad_driver_podman::adapters::nomad::proto::driver::{RecoverTaskRequest, TaskHandle};

pub async fn an_unknown_id_is_told_by_every_verb(lab: &Lab) {
    let plugin = lab.plugin().await;
    let id = "00000000-0000-0000-0000-000000000000/web/01234567";
    let command = || lab.arm.command("exit 0");
    told("WaitTask", plugin.wait(id).await);
    told("StopTask", plugin.stop(id, LONG, "").await);
    told("SignalTask", plugin.signal(id, "SIGHUP").await);
    told("DestroyTask", plugin.destroy(id, false).await);
    told("DestroyTask by force", plugin.destroy(id, true).await);
    told("InspectTask", plugin.inspect(id).await);
    told("TaskStats", plugin.stats(id, LONG).try_next().await.map(drop));
    told("ExecTask", plugin.exec(id, command(), LONG).await);
    told("ExecTaskStreaming", plugin.session(id, command(), false).await.ended().await);
    told("WaitTask of no id", plugin.wait("").await);
    let empty = RecoverTaskRequest { task_id: id.to_owned(), handle: None };
    assert!(plugin.host().driver.clone().recover_task(empty).await.is_err());
    assert!(plugin.recover(&TaskHandle::default()).await.is_err());
}

#[track_caller]
fn told<T>(verb: &str, answer: Answer<T>) {
    let Err(refused) = answer else { panic!("{verb}: carried out for nobody") };
    assert!(refused.message.contains("task not found"), "{verb}: {refused:?}");
}
