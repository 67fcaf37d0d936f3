//! Nothing is left, and nothing foreign is touched.

use super::double::*;
use mockall::Sequence;
use nomad_driver_podman::domain::config::gc::Gc;
use nomad_driver_podman::domain::config::{PluginConfig, Value};
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerState};
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::driver::{Driver, DriverError};
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::runtime::Change;

#[tokio::test(start_paused = true)]
async fn a_removal_is_tried_again_while_podman_is_away() {
    let mut runtime = starting();
    runtime.expect_wait().returning(|_| Ok(ended(0)));
    let mut order = Sequence::new();
    runtime
        .expect_remove()
        .times(2)
        .in_sequence(&mut order)
        .returning(|_| Err(error(ErrorKind::Unavailable)));
    runtime.expect_remove().times(1).in_sequence(&mut order).returning(|_| Ok(Change::Changed));
    let driver = driver(runtime);
    driver.start_task(task()).await.unwrap();
    driver.wait_task(&task().id).await.unwrap();
    driver.destroy_task(&task().id, true).await.unwrap();
    let gone = driver.wait_task(&task().id).await.unwrap_err();
    assert_eq!(gone, DriverError::UnknownTask(task().id));
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_fails_for_good_is_an_error_and_may_be_repeated() {
    let mut runtime = starting();
    runtime.expect_wait().returning(|_| Ok(ended(0)));
    let mut order = Sequence::new();
    runtime.expect_remove().times(1).in_sequence(&mut order).returning(|_| Err(error(ErrorKind::Rejected)));
    runtime.expect_remove().times(1).in_sequence(&mut order).returning(|_| Ok(Change::Changed));
    let driver = driver(runtime);
    driver.start_task(task()).await.unwrap();
    driver.wait_task(&task().id).await.unwrap();
    assert!(driver.destroy_task(&task().id, true).await.is_err());
    driver.destroy_task(&task().id, true).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_operator_may_keep_what_has_ended() {
    let mut runtime = starting();
    runtime.expect_wait().returning(|_| Ok(ended(0)));
    runtime.expect_remove().never();
    let driver = driver(runtime);
    let gc = Value::object([("gc", Value::object([("container", Value::from(false))]))]);
    driver.configure(PluginConfig::decode(&gc).unwrap(), None).unwrap();
    driver.start_task(task()).await.unwrap();
    driver.wait_task(&task().id).await.unwrap();
    driver.destroy_task(&task().id, true).await.unwrap();
    assert_eq!(driver.wait_task(&task().id).await, Err(DriverError::UnknownTask(task().id)));
}

#[tokio::test(start_paused = true)]
async fn a_running_task_is_destroyed_by_force_only() {
    let driver = driver(running());
    driver.start_task(task()).await.unwrap();
    let refused = driver.destroy_task(&task().id, false).await.unwrap_err();
    assert!(matches!(refused, DriverError::Refused(_)), "{refused}");
    assert!(driver.inspect_task(&task().id).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_finds_its_container_by_label_and_no_other() {
    let mut runtime = runtime();
    runtime.expect_list().returning(|| {
        let other = ContainerFacts {
            id: ContainerId::new("other"),
            labels: foreign(),
            ..facts(ContainerState::Running)
        };
        Ok(vec![other, ended(0)])
    });
    runtime.expect_remove().withf(|id| id.as_str() == ID).times(1).returning(|_| Ok(Change::Changed));
    driver(runtime).destroy_task(&task().id, true).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_whose_container_runs_is_destroyed_by_force_only() {
    for state in [ContainerState::Running, ContainerState::Paused, ContainerState::Unknown] {
        let mut runtime = runtime();
        runtime.expect_list().returning(move || Ok(vec![facts(state)]));
        runtime.expect_remove().times(1).returning(|_| Ok(Change::Changed));
        let driver = driver(runtime);
        let refused = driver.destroy_task(&task().id, false).await.unwrap_err();
        assert!(matches!(refused, DriverError::Refused(_)), "{refused}");
        driver.destroy_task(&task().id, true).await.unwrap();
    }
}

fn keeping(runtime: MockRuntime) -> Driver {
    let driver = driver(runtime);
    let gc = Gc { dangling: false, ..Gc::default() };
    driver.configure(PluginConfig { remove_containers: false, gc, ..PluginConfig::default() }, None).unwrap();
    driver
}

#[tokio::test(start_paused = true)]
async fn a_container_that_is_kept_stays_however_often_its_task_is_destroyed() {
    let mut runtime = starting();
    runtime.expect_wait().returning(|_| Ok(ended(0)));
    runtime.expect_list().returning(|| Ok(vec![ended(0)]));
    runtime.expect_remove().never();
    runtime.expect_signal().never();
    let driver = keeping(runtime);
    driver.start_task(task()).await.unwrap();
    driver.wait_task(&task().id).await.unwrap();
    for _ in 0..3 {
        driver.destroy_task(&task().id, true).await.unwrap();
        assert!(driver.inspect_task(&task().id).await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_whose_container_runs_is_ended_also_if_containers_are_kept() {
    for (state, kills) in
        [(ContainerState::Running, 1), (ContainerState::Unknown, 1), (ContainerState::Created, 0)]
    {
        let mut runtime = runtime();
        runtime.expect_list().returning(move || Ok(vec![facts(state)]));
        runtime.expect_remove().never();
        // By the time it comes the container may have ended.
        let late = |_: &ContainerId, _| Err(error(ErrorKind::WrongState));
        runtime
            .expect_signal()
            .withf(|id, signal| id.as_str() == ID && *signal == Signal::KILL)
            .times(kills)
            .returning(late);
        keeping(runtime).destroy_task(&task().id, true).await.unwrap();
    }
    let mut runtime = runtime();
    runtime.expect_list().returning(|| Ok(vec![facts(ContainerState::Running)]));
    runtime.expect_signal().returning(|_, _| Err(error(ErrorKind::TimedOut)));
    assert!(keeping(runtime).destroy_task(&task().id, true).await.is_err(), "it may still run");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_without_a_container_is_said_to_be_unknown() {
    let mut runtime = runtime();
    runtime.expect_list().returning(|| Ok(vec![]));
    let unknown = driver(runtime).destroy_task(&task().id, true).await.unwrap_err();
    assert_eq!(unknown, DriverError::UnknownTask(task().id));
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_failed_is_tried_again_although_nobody_asks() {
    let mut runtime = starting();
    runtime.expect_wait().returning(|_| Ok(ended(0)));
    let mut order = Sequence::new();
    let refused = 8;
    runtime
        .expect_remove()
        .times(refused)
        .in_sequence(&mut order)
        .returning(|_| Err(error(ErrorKind::Internal)));
    runtime.expect_remove().times(1).in_sequence(&mut order).returning(|_| Ok(Change::Changed));
    let driver = driver(runtime);
    driver.start_task(task()).await.unwrap();
    driver.wait_task(&task().id).await.unwrap();
    assert!(driver.destroy_task(&task().id, true).await.is_err());
    assert!(driver.inspect_task(&task().id).await.is_ok(), "still ours");
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert!(driver.inspect_task(&task().id).await.is_err(), "forgotten once it is gone");
}

#[tokio::test(start_paused = true)]
async fn two_destroys_at_once_both_succeed() {
    let mut runtime = starting();
    runtime.expect_wait().returning(|_| Ok(ended(0)));
    runtime.expect_remove().times(1).returning(|_| Ok(Change::Changed));
    let driver = driver(runtime);
    driver.start_task(task()).await.unwrap();
    driver.wait_task(&task().id).await.unwrap();
    let id = task().id;
    let (one, other) = tokio::join!(driver.destroy_task(&id, true), driver.destroy_task(&id, true));
    assert_eq!((one, other), (Ok(()), Ok(())));
}

#[tokio::test(start_paused = true)]
async fn a_destroy_whose_caller_went_away_is_finished() {
    let mut runtime = starting();
    runtime.expect_wait().returning(|_| Ok(ended(0)));
    let mut order = Sequence::new();
    runtime
        .expect_remove()
        .times(2)
        .in_sequence(&mut order)
        .returning(|_| Err(error(ErrorKind::Unavailable)));
    runtime.expect_remove().times(1).in_sequence(&mut order).returning(|_| Ok(Change::Changed));
    let driver = driver(runtime);
    driver.start_task(task()).await.unwrap();
    driver.wait_task(&task().id).await.unwrap();
    let moment = std::time::Duration::from_millis(1);
    assert!(tokio::time::timeout(moment, driver.destroy_task(&task().id, true)).await.is_err());
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert!(driver.inspect_task(&task().id).await.is_err());
}
