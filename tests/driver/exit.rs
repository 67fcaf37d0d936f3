//! The exit is reported once and truly, or as unknown.

use super::double::*;
use mockall::Sequence;
use nomad_driver_podman::adapters::memory::MemoryRuntime;
use nomad_driver_podman::domain::config::Value;
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerState};
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::task::{ExitOutcome, ExitRecord, TaskRequest};
use nomad_driver_podman::ports::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

fn known(code: i32) -> ExitOutcome {
    ExitOutcome::Known(ExitRecord { code, oom_killed: false, finished_at: None })
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_runtime_are_no_exit() {
    let mut runtime = starting();
    let mut order = Sequence::new();
    for kind in [ErrorKind::Unavailable, ErrorKind::Malformed, ErrorKind::TimedOut, ErrorKind::Internal] {
        runtime.expect_wait().times(1).in_sequence(&mut order).returning(move |_| Err(error(kind)));
    }
    runtime.expect_wait().times(1).in_sequence(&mut order).returning(|_| Ok(ended(7)));
    let driver = driver(runtime);
    driver.start_task(task()).await.unwrap();
    assert_eq!(driver.wait_task(&task().id).await.unwrap(), known(7));
    assert_eq!(driver.wait_task(&task().id).await.unwrap(), known(7), "a second waiter hears the same");
}

#[tokio::test(start_paused = true)]
async fn a_container_removed_by_somebody_else_ends_unknown() {
    let mut runtime = starting();
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::NotFound)));
    let driver = driver(runtime);
    driver.start_task(task()).await.unwrap();
    let outcome = driver.wait_task(&task().id).await.unwrap();
    assert!(matches!(outcome, ExitOutcome::Unknown(_)));
    assert!(!outcome.is_success());
}

#[tokio::test(start_paused = true)]
async fn an_end_without_a_code_is_unknown() {
    let mut runtime = starting();
    runtime
        .expect_wait()
        .returning(|_| Ok(ContainerFacts { exit_code: None, ..facts(ContainerState::Exited) }));
    let driver = driver(runtime);
    driver.start_task(task()).await.unwrap();
    assert!(matches!(driver.wait_task(&task().id).await.unwrap(), ExitOutcome::Unknown(_)));
}

#[tokio::test(start_paused = true)]
async fn a_stop_signals_waits_and_kills() {
    let mut runtime = starting();
    let (kill, killed) = tokio::sync::watch::channel(false);
    runtime.expect_wait().returning(move |_| {
        // The double answers at once: not ended until it was killed.
        if *killed.borrow() { Ok(ended(137)) } else { Err(error(ErrorKind::Unavailable)) }
    });
    let mut order = Sequence::new();
    runtime
        .expect_signal()
        .times(1)
        .in_sequence(&mut order)
        .withf(|_, signal| *signal == Signal::HUP)
        .returning(|_, _| Ok(()));
    runtime
        .expect_signal()
        .times(1)
        .in_sequence(&mut order)
        .withf(|_, signal| *signal == Signal::KILL)
        .returning(move |_, _| {
            kill.send_replace(true);
            Ok(())
        });
    let driver = driver(runtime);
    driver.start_task(task()).await.unwrap();
    let before = tokio::time::Instant::now();
    driver.stop_task(&task().id, Duration::from_millis(300), Some(Signal::HUP)).await.unwrap();
    assert!(before.elapsed() >= Duration::from_millis(300), "killed before its grace was over");
    assert_eq!(driver.wait_task(&task().id).await.unwrap(), known(137));
    driver.stop_task(&task().id, Duration::from_secs(5), None).await.unwrap();
}

/// On the in-memory runtime, whose first process is spared every signal that it does not handle.
#[tokio::test(start_paused = true)]
async fn what_ignores_everything_is_gone_a_second_after_its_grace_and_not_before() {
    let dir = tempfile::tempdir().unwrap();
    for below in ["alloc", "web/local", "web/secrets"] {
        std::fs::create_dir_all(dir.path().join(below)).unwrap();
    }
    for grace in [Duration::ZERO, Duration::from_millis(250), Duration::from_secs(5)] {
        let runtime = MemoryRuntime::new(Arc::new(TestClock)).with_image("localhost/busybox");
        let driver = driver_on(Arc::new(runtime));
        let args = vec!["ignore TERM\nignore INT\nforever"];
        let config =
            [("image", "localhost/busybox".into()), ("command", "program".into()), ("args", args.into())];
        let mut task = TaskRequest { config: Value::object(config), ..task() };
        task.dirs.alloc = dir.path().into();
        driver.start_task(task.clone()).await.unwrap();
        let before = tokio::time::Instant::now();
        driver.stop_task(&task.id, grace, None).await.unwrap();
        let taken = before.elapsed();
        assert!(taken >= grace && taken < grace + Duration::from_secs(1), "{taken:?} instead of {grace:?}");
        let outcome = driver.wait_task(&task.id).await.unwrap();
        assert!(matches!(outcome, ExitOutcome::Known(ExitRecord { code: 137, .. })), "{outcome:?}");
        driver.destroy_task(&task.id, false).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_an_unknown_task_is_an_error() {
    let error = driver(runtime()).wait_task(&task().id).await.unwrap_err();
    assert_eq!(error.to_string(), "task not found for given id");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_over_while_the_container_runs_is_no_exit() {
    let mut runtime = starting();
    let mut order = Sequence::new();
    for state in [ContainerState::Running, ContainerState::Stopping] {
        runtime.expect_wait().times(1).in_sequence(&mut order).returning(move |_| Ok(facts(state)));
    }
    runtime.expect_wait().times(1).in_sequence(&mut order).returning(|_| Ok(ended(7)));
    let driver = driver(runtime);
    driver.start_task(task()).await.unwrap();
    assert_eq!(driver.wait_task(&task().id).await.unwrap(), known(7));
}

#[tokio::test(start_paused = true)]
async fn a_signal_refused_by_a_container_that_runs_is_sent_again() {
    let mut runtime = starting();
    let (killed, was_killed) = std::sync::mpsc::channel();
    let mut order = Sequence::new();
    runtime
        .expect_signal()
        .times(3)
        .in_sequence(&mut order)
        .returning(|_, _| Err(error(ErrorKind::WrongState)));
    runtime.expect_signal().times(1).in_sequence(&mut order).returning(move |_, signal| {
        killed.send(signal).unwrap();
        Ok(())
    });
    let was_killed = std::sync::Mutex::new(was_killed);
    runtime.expect_wait().returning(move |_| match was_killed.lock().unwrap().try_recv() {
        Ok(Signal::KILL) => Ok(ended(137)),
        _ => Err(error(ErrorKind::Unavailable)),
    });
    let driver = driver(runtime);
    driver.start_task(task()).await.unwrap();
    driver.stop_task(&task().id, Duration::ZERO, None).await.unwrap();
}
