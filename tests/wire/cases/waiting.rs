//! WaitTask.

use super::SERVICE;
use crate::harness::soon;
use crate::lab::Lab;
use futures_util::future::join_all;
use nomad_driver_podman::adapters::nomad::proto::driver::WaitTaskRequest;

pub async fn exit_codes_are_the_programs_own(lab: &Lab) {
    let plugin = lab.plugin().await;
    for code in [0, 7, 137] {
        let task = lab.task(&format!("exit {code}"));
        plugin.start(&task).await.unwrap();
        assert_eq!(plugin.exit_code(task.id()).await, code);
        assert_eq!(plugin.exit_code(task.id()).await, code, "the same again, until it is destroyed");
    }
}

pub async fn a_kill_is_137(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    plugin.signal(task.id(), "SIGKILL").await.unwrap();
    let result = plugin.wait(task.id()).await.unwrap().result.unwrap();
    assert_eq!((result.exit_code, result.oom_killed), (137, false));
}

pub async fn every_waiter_hears_the_same(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    let waiters = join_all((0..8).map(|_| plugin.wait(task.id())));
    let signal = plugin.signal(task.id(), "SIGTERM");
    let (answers, sent) = tokio::join!(waiters, signal);
    sent.unwrap();
    let late = plugin.wait(task.id()).await.unwrap();
    assert_eq!(late.result.unwrap().exit_code, 3);
    for answer in answers {
        assert_eq!(answer.unwrap(), late);
    }
}

pub async fn a_waiter_that_goes_away_does_no_harm(lab: &Lab) {
    let plugin = lab.plugin().await;
    let task = lab.task(SERVICE);
    plugin.start(&task).await.unwrap();
    task.stdout.says("ready").await;
    let mut driver = plugin.host().driver.clone();
    let request = WaitTaskRequest { task_id: task.id().to_owned() };
    let waiter = tokio::spawn(async move { driver.wait_task(request).await });
    // A round trip later the plugin has the call.
    plugin.inspect(task.id()).await.unwrap();
    waiter.abort();
    soon("the waiter's end", waiter).await.unwrap_err();
    plugin.signal(task.id(), "SIGTERM").await.unwrap();
    assert_eq!(plugin.exit_code(task.id()).await, 3);
}
