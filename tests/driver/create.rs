//! Start is atomic, also when replies get lost.

use super::double::*;
use mockall::Sequence;
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerState};
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::domain::time::Timestamp;
use nomad_driver_podman::driver::DriverError;
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::runtime::{Change, Created};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

fn created() -> Created {
    Created { id: ContainerId::new(ID), warnings: vec![] }
}

/// Lost, or of no sense.
#[tokio::test(start_paused = true)]
async fn a_create_whose_reply_says_nothing_is_found_by_name_and_not_repeated() {
    for kind in [ErrorKind::OutcomeUnknown, ErrorKind::Malformed] {
        let mut runtime = runtime();
        runtime.expect_create().times(1).returning(move |_| Err(error(kind)));
        runtime
            .expect_inspect()
            .withf(|id| id == "web-alloc-1")
            .returning(|_| Ok(facts(ContainerState::Created)));
        runtime.expect_inspect().withf(|id| id == ID).returning(|_| Ok(facts(ContainerState::Running)));
        runtime.expect_start().times(1).returning(|_| Ok(Change::Changed));
        runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
        let started = driver(runtime).start_task(task()).await.unwrap();
        assert_eq!(started.handle.container.as_str(), ID);
    }
}

/// The service fails inside each time; the last one had made the container all the same.
#[tokio::test(start_paused = true)]
async fn what_a_create_left_that_failed_inside_is_removed_later() {
    let mut runtime = runtime();
    runtime.expect_create().returning(|_| Err(error(ErrorKind::Internal)));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Created)));
    let removed = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let note = removed.clone();
    runtime.expect_remove().times(1).returning(move |_| {
        note.store(true, std::sync::atomic::Ordering::Relaxed);
        Ok(Change::Changed)
    });
    assert!(driver(runtime).start_task(task()).await.is_err());
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert!(removed.load(std::sync::atomic::Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_create_that_never_arrived_is_repeated() {
    let mut runtime = runtime();
    let mut order = Sequence::new();
    runtime
        .expect_create()
        .times(1)
        .in_sequence(&mut order)
        .returning(|_| Err(error(ErrorKind::OutcomeUnknown)));
    runtime.expect_inspect().times(1).in_sequence(&mut order).returning(|_| Err(error(ErrorKind::NotFound)));
    runtime.expect_create().times(1).in_sequence(&mut order).returning(|_| Ok(created()));
    runtime.expect_start().returning(|_| Ok(Change::Changed));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
    driver(runtime).start_task(task()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_foreign_container_of_our_name_is_left_alone() {
    let mut runtime = runtime();
    runtime.expect_create().returning(|_| Err(error(ErrorKind::NameInUse)));
    runtime
        .expect_inspect()
        .returning(|_| Ok(ContainerFacts { labels: foreign(), ..facts(ContainerState::Exited) }));
    runtime.expect_remove().never();
    let refused = driver(runtime).start_task(task()).await.unwrap_err();
    assert!(matches!(refused, DriverError::NameTaken { .. }), "{refused}");
    assert!(refused.is_recoverable());
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_start_of_the_task_left_is_removed() {
    let mut runtime = runtime();
    let mut order = Sequence::new();
    runtime.expect_create().times(1).in_sequence(&mut order).returning(|_| Err(error(ErrorKind::NameInUse)));
    runtime.expect_inspect().times(1).in_sequence(&mut order).returning(|_| Ok(ended(0)));
    runtime.expect_remove().times(1).in_sequence(&mut order).returning(|_| Ok(Change::Changed));
    runtime.expect_create().times(1).in_sequence(&mut order).returning(|_| Ok(created()));
    runtime.expect_start().returning(|_| Ok(Change::Changed));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
    driver(runtime).start_task(task()).await.unwrap();
}

/// What a Podman leaves that is killed in the middle of a create; without this no start of the task ever worked again.
#[tokio::test(start_paused = true)]
async fn storage_that_has_the_name_and_belongs_to_no_container_is_removed_but_not_at_once() {
    let mut runtime = runtime();
    let mut order = Sequence::new();
    runtime.expect_create().times(4).in_sequence(&mut order).returning(|_| Err(error(ErrorKind::NameInUse)));
    runtime
        .expect_remove()
        .withf(|name| name.as_str() == "web-alloc-1")
        .times(1)
        .in_sequence(&mut order)
        .returning(|_| Ok(Change::Changed));
    runtime.expect_create().times(1).in_sequence(&mut order).returning(|_| Ok(created()));
    runtime.expect_inspect().withf(|id| id == "web-alloc-1").returning(|_| Err(error(ErrorKind::NotFound)));
    runtime.expect_inspect().withf(|id| id == ID).returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_start().returning(|_| Ok(Change::Changed));
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
    let before = Instant::now();
    driver(runtime).start_task(task()).await.unwrap();
    assert!(before.elapsed() >= Duration::from_millis(350), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_container_that_does_not_start_is_removed_and_its_reason_told() {
    let mut runtime = runtime();
    runtime.expect_create().returning(|_| Ok(created()));
    runtime.expect_start().returning(|_| Err(error(ErrorKind::Rejected)));
    runtime.expect_remove().times(1).returning(|_| Ok(Change::Changed));
    let failed = driver(runtime).start_task(task()).await.unwrap_err();
    assert!(!failed.is_recoverable());
    assert!(failed.to_string().contains("scripted Rejected"), "{failed}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_clean_up_is_told_beside_its_cause() {
    let mut runtime = runtime();
    runtime.expect_create().returning(|_| Ok(created()));
    runtime.expect_start().returning(|_| Err(error(ErrorKind::Rejected)));
    runtime.expect_remove().returning(|_| Err(error(ErrorKind::Internal)));
    let failed = driver(runtime).start_task(task()).await.unwrap_err().to_string();
    assert!(failed.contains("scripted Rejected") && failed.contains("scripted Internal"), "{failed}");
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_reply_was_lost_is_settled_by_looking() {
    let mut runtime = runtime();
    runtime.expect_create().returning(|_| Ok(created()));
    runtime.expect_start().times(1).returning(|_| Err(error(ErrorKind::OutcomeUnknown)));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
    driver(runtime).start_task(task()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn podman_being_away_is_recoverable_and_being_refused_is_not() {
    for (kind, recoverable) in
        [(ErrorKind::Unavailable, true), (ErrorKind::Internal, true), (ErrorKind::Unsupported, false)]
    {
        let mut runtime = runtime();
        runtime.expect_create().returning(move |_| Err(error(kind)));
        let failed = driver(runtime).start_task(task()).await.unwrap_err();
        assert_eq!(failed.is_recoverable(), recoverable, "{failed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_image_is_pulled_once() {
    let mut runtime = runtime();
    let mut order = Sequence::new();
    runtime
        .expect_create()
        .times(1)
        .in_sequence(&mut order)
        .returning(|_| Err(error(ErrorKind::ImageMissing)));
    runtime.expect_pull().times(1).in_sequence(&mut order).returning(|_| Ok("sha".to_owned()));
    runtime.expect_create().times(1).in_sequence(&mut order).returning(|_| Ok(created()));
    runtime.expect_start().returning(|_| Ok(Change::Changed));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
    driver(runtime).start_task(task()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_id_starts_once() {
    let driver = driver(running());
    driver.start_task(task()).await.unwrap();
    let second = driver.start_task(task()).await.unwrap_err();
    assert_eq!(second.to_string(), "task with ID \"alloc-1/web/00000001\" already started");
}

#[tokio::test(start_paused = true)]
async fn a_failed_start_leaves_the_id_free() {
    let mut runtime = runtime();
    runtime.expect_create().returning(|_| Err(error(ErrorKind::Rejected)));
    let driver = driver(runtime);
    for _ in 0..2 {
        assert!(matches!(driver.start_task(task()).await, Err(DriverError::Runtime { .. })));
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_option_is_named_before_podman_is_asked() {
    let mut task = task();
    task.config = nomad_driver_podman::domain::config::Value::object([("memory_swap", "lots".into())]);
    let refused = driver(runtime()).start_task(task).await.unwrap_err();
    assert!(!refused.is_recoverable());
    let text = refused.to_string();
    assert!(text.contains("image: is required") && text.contains("memory_swap: \"lots\""), "{text}");
}

#[tokio::test(start_paused = true)]
async fn our_own_untouched_container_under_the_name_is_used() {
    let mut runtime = runtime();
    runtime.expect_create().times(1).returning(|_| Err(error(ErrorKind::NameInUse)));
    runtime
        .expect_inspect()
        .withf(|id| id == "web-alloc-1")
        .returning(|_| Ok(facts(ContainerState::Created)));
    runtime.expect_inspect().withf(|id| id == ID).returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_start().times(1).returning(|_| Ok(Change::Changed));
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
    let started = driver(runtime).start_task(task()).await.unwrap();
    assert_eq!(started.handle.container.as_str(), ID);
}

#[tokio::test(start_paused = true)]
async fn a_look_from_before_the_start_is_not_believed() {
    let mut runtime = runtime();
    runtime.expect_create().returning(|_| Ok(Created { id: ContainerId::new(ID), warnings: vec![] }));
    runtime.expect_start().times(1).returning(|_| Ok(Change::Changed));
    runtime.expect_inspect().times(2).returning(|_| Ok(facts(ContainerState::Created)));
    let started = Some(Timestamp::from_unix_nanos(7));
    runtime
        .expect_inspect()
        .returning(move |_| Ok(ContainerFacts { started_at: started, ..facts(ContainerState::Running) }));
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
    let driver = driver(runtime);
    assert_eq!(driver.start_task(task()).await.unwrap().handle.started_at, started);
}

/// What the host waits for is its answer, not that its task is watched.
#[tokio::test(start_paused = true)]
async fn a_task_is_watched_after_its_start_is_answered_and_not_before() {
    let mut runtime = starting();
    let watched = Arc::new(AtomicBool::new(false));
    let note = Arc::clone(&watched);
    runtime.expect_wait().returning(move |_| {
        note.store(true, Ordering::Relaxed);
        Err(error(ErrorKind::Unavailable))
    });
    let driver = driver(runtime);
    driver.start_task(task()).await.unwrap();
    assert!(!watched.load(Ordering::Relaxed));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(watched.load(Ordering::Relaxed));
}
