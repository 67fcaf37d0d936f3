//! Recovery finds the task's container and nobody else's.

use super::double::*;
use nomad_driver_podman::domain::config::{PluginConfig, Value};
use nomad_driver_podman::domain::container::facts::Bind;
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerState};
use nomad_driver_podman::domain::task::identity::{ContainerId, ContainerName};
use nomad_driver_podman::domain::task::{ExitOutcome, Handle, Origin, TaskRequest};
use nomad_driver_podman::driver::DriverError;
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::runtime::Change;

/// A task as the host has it after a restart: without its driver config.
fn forgotten() -> TaskRequest {
    TaskRequest { config: Value::Null, ..task() }
}

fn keep_stopped() -> PluginConfig {
    PluginConfig { recover_stopped: false, ..PluginConfig::default() }
}

#[tokio::test(start_paused = true)]
async fn a_running_container_is_watched_on() {
    let mut runtime = runtime();
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Ok(ended(3)));
    let driver = driver(runtime);
    driver.recover_task(forgotten(), &handle()).await.unwrap();
    driver.recover_task(forgotten(), &handle()).await.unwrap();
    let ExitOutcome::Known(exit) = driver.wait_task(&task().id).await.unwrap() else {
        panic!("unknown exit")
    };
    assert_eq!(exit.code, 3);
}

#[tokio::test(start_paused = true)]
async fn an_exit_that_nobody_saw_is_reported_truly() {
    let mut runtime = runtime();
    runtime.expect_inspect().returning(|_| Ok(ended(7)));
    runtime.expect_start().never();
    let driver = driver(runtime);
    driver.configure(keep_stopped(), None).unwrap();
    driver.recover_task(forgotten(), &handle()).await.unwrap();
    let ExitOutcome::Known(exit) = driver.wait_task(&task().id).await.unwrap() else {
        panic!("unknown exit")
    };
    assert_eq!(exit.code, 7);
}

#[tokio::test(start_paused = true)]
async fn recover_stopped_starts_the_container_again() {
    let mut runtime = runtime();
    runtime.expect_inspect().times(1).returning(|_| Ok(ended(0)));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_start().times(1).returning(|_| Ok(Change::Changed));
    runtime.expect_wait().returning(|_| Ok(ended(5)));
    let driver = driver(runtime);
    driver.recover_task(forgotten(), &handle()).await.unwrap();
    let ExitOutcome::Known(exit) = driver.wait_task(&task().id).await.unwrap() else {
        panic!("unknown exit")
    };
    assert_eq!(exit.code, 5);
}

#[tokio::test(start_paused = true)]
async fn a_created_container_is_never_a_success() {
    let mut runtime = runtime();
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Created)));
    let driver = driver(runtime);
    driver.recover_task(forgotten(), &handle()).await.unwrap();
    assert!(!driver.wait_task(&task().id).await.unwrap().is_success());
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_container_is_refused_and_left_alone() {
    let mut runtime = runtime();
    runtime
        .expect_inspect()
        .returning(|_| Ok(ContainerFacts { labels: foreign(), ..facts(ContainerState::Running) }));
    runtime.expect_remove().never();
    runtime.expect_signal().never();
    let refused = driver(runtime).recover_task(forgotten(), &handle()).await.unwrap_err();
    assert!(matches!(refused, DriverError::NotOurs { .. }), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_container_is_an_error_and_its_id_stays_free() {
    let mut runtime = runtime();
    runtime.expect_inspect().returning(|_| Err(error(ErrorKind::NotFound)));
    let driver = driver(runtime);
    for _ in 0..2 {
        assert!(driver.recover_task(forgotten(), &handle()).await.is_err());
    }
    assert!(driver.inspect_task(&task().id).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn podman_being_away_for_a_moment_loses_no_task() {
    let mut runtime = runtime();
    runtime.expect_inspect().times(4).returning(|_| Err(error(ErrorKind::Unavailable)));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Ok(ended(3)));
    let driver = driver(runtime);
    driver.recover_task(forgotten(), &handle()).await.unwrap();
    assert!(driver.inspect_task(&task().id).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn podman_being_away_for_long_is_an_error_within_a_bound() {
    let mut runtime = runtime();
    runtime.expect_inspect().returning(|_| Err(error(ErrorKind::Unavailable)));
    let before = tokio::time::Instant::now();
    let late = driver(runtime).recover_task(forgotten(), &handle()).await.unwrap_err();
    assert!(matches!(late, DriverError::TimedOut { .. }), "{late}");
    assert!(before.elapsed().as_secs() <= 10);
}

/// The first request finds nobody; the second one must not say that the task is there.
#[tokio::test(start_paused = true)]
async fn a_repeated_recovery_waits_for_the_first_and_shares_its_failure() {
    let mut runtime = runtime();
    runtime.expect_inspect().times(1).returning(|_| Err(error(ErrorKind::Unavailable)));
    runtime.expect_inspect().returning(|_| Err(error(ErrorKind::NotFound)));
    let driver = driver(runtime);
    let handle = handle();
    let recover = || driver.recover_task(forgotten(), &handle);
    let (one, other) = tokio::join!(recover(), recover());
    assert!(one.is_err() && other.is_err(), "{one:?}, {other:?}");
}

#[tokio::test(start_paused = true)]
async fn a_repeated_recovery_is_answered_once_the_task_is_known() {
    let mut runtime = runtime();
    runtime.expect_inspect().times(2).returning(|_| Err(error(ErrorKind::Unavailable)));
    runtime.expect_inspect().times(1).returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
    let driver = driver(runtime);
    let handle = handle();
    let recover = || async {
        driver.recover_task(forgotten(), &handle).await.unwrap();
        driver.inspect_task(&task().id).await.unwrap();
    };
    tokio::join!(recover(), recover());
}

#[tokio::test(start_paused = true)]
async fn want_of_memory_while_nobody_was_there_is_told_once() {
    let mut runtime = runtime();
    runtime.expect_inspect().returning(|_| Ok(ContainerFacts { oom_killed: true, ..ended(137) }));
    let (driver, heard) = driver_heard(runtime);
    driver.configure(keep_stopped(), None).unwrap();
    driver.recover_task(forgotten(), &handle()).await.unwrap();
    driver.wait_task(&task().id).await.unwrap();
    assert_eq!(heard.messages(), ["Killed by the kernel: out of memory"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_start_whose_reply_was_lost_is_found_out_by_looking() {
    let mut runtime = runtime();
    runtime.expect_inspect().times(1).returning(|_| Ok(ended(0)));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_start().times(1).returning(|_| Err(error(ErrorKind::OutcomeUnknown)));
    runtime.expect_wait().returning(|_| Ok(ended(5)));
    let driver = driver(runtime);
    driver.recover_task(forgotten(), &handle()).await.unwrap();
    let ExitOutcome::Known(exit) = driver.wait_task(&task().id).await.unwrap() else {
        panic!("unknown exit")
    };
    assert_eq!(exit.code, 5, "the end before the second start is not the end");
}

/// A container as the Go driver makes it for [`task`].
fn of_go_driver(state: ContainerState) -> ContainerFacts {
    let bind = |path: &str, target: &str| Bind {
        source: format!("/nowhere/alloc-1/{path}"),
        target: target.to_owned(),
    };
    let binds = vec![bind("alloc", "/alloc"), bind("web/local", "/local"), bind("web/secrets", "/secrets")];
    ContainerFacts { labels: Default::default(), binds, ..facts(state) }
}

fn handle_of_go_driver() -> Handle {
    let origin = Origin::GoDriver { streams_logs: false };
    Handle { socket: String::new(), name: ContainerName::new(""), origin, ..handle() }
}

#[tokio::test(start_paused = true)]
async fn a_task_of_the_go_driver_is_adopted_and_then_ours_to_end() {
    let mut runtime = runtime();
    runtime.expect_inspect().returning(|_| Ok(of_go_driver(ContainerState::Running)));
    runtime.expect_start().never();
    runtime.expect_wait().returning(|_| Ok(ended(6)));
    runtime.expect_remove().times(1).returning(|_| Ok(Change::Changed));
    let driver = driver(runtime);
    driver.recover_task(forgotten(), &handle_of_go_driver()).await.unwrap();
    let ExitOutcome::Known(exit) = driver.wait_task(&task().id).await.unwrap() else {
        panic!("unknown exit")
    };
    assert_eq!(exit.code, 6);
    driver.destroy_task(&task().id, true).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn another_tasks_container_is_not_adopted_whatever_the_go_drivers_state_says() {
    let mut runtime = runtime();
    runtime
        .expect_inspect()
        .returning(|_| Ok(ContainerFacts { binds: vec![], ..of_go_driver(ContainerState::Running) }));
    runtime.expect_list().returning(|| Ok(vec![]));
    runtime.expect_remove().never();
    let driver = driver(runtime);
    let refused = driver.recover_task(forgotten(), &handle_of_go_driver()).await.unwrap_err();
    assert!(matches!(refused, DriverError::NotOurs { .. }), "{refused}");
    assert_eq!(driver.destroy_task(&task().id, true).await, Err(DriverError::UnknownTask(task().id)));
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_adopted_is_still_found_by_destroy() {
    let mut runtime = runtime();
    runtime.expect_inspect().times(1).returning(|_| Err(error(ErrorKind::Rejected)));
    runtime.expect_inspect().returning(|_| Ok(of_go_driver(ContainerState::Running)));
    runtime.expect_list().returning(|| Ok(vec![]));
    runtime.expect_remove().withf(|id| id.as_str() == ID).times(1).returning(|_| Ok(Change::Changed));
    let driver = driver(runtime);
    assert!(driver.recover_task(forgotten(), &handle_of_go_driver()).await.is_err());
    driver.destroy_task(&task().id, true).await.unwrap();
    assert_eq!(driver.destroy_task(&task().id, true).await, Err(DriverError::UnknownTask(task().id)));
}

#[tokio::test(start_paused = true)]
async fn a_container_with_a_new_id_is_found_by_its_name() {
    let mut runtime = runtime();
    runtime.expect_inspect().withf(|id| id == "old").returning(|_| Err(error(ErrorKind::NotFound)));
    runtime
        .expect_inspect()
        .withf(|id| id == "web-alloc-1")
        .returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Ok(ended(3)));
    let old = Handle { container: ContainerId::new("old"), ..handle() };
    driver(runtime).recover_task(forgotten(), &old).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_look_from_before_the_start_is_not_believed() {
    let mut runtime = runtime();
    runtime.expect_inspect().times(2).returning(|_| Ok(facts(ContainerState::Created)));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Ok(ended(3)));
    let driver = driver(runtime);
    driver.recover_task(forgotten(), &handle()).await.unwrap();
    let ExitOutcome::Known(exit) = driver.wait_task(&task().id).await.unwrap() else {
        panic!("unknown exit")
    };
    assert_eq!(exit.code, 3);
}
