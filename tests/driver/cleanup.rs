//! What no verb reaches is removed in time, and nothing else.

use super::double::*;
use mockall::Sequence;
use nomad_driver_podman::domain::config::PluginConfig;
use nomad_driver_podman::domain::config::gc::Gc;
use nomad_driver_podman::domain::container::labels::{NODE_LABEL, PULLED_LABEL, ROOT_LABEL, TASK_LABEL};
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerState};
use nomad_driver_podman::domain::task::TaskId;
use nomad_driver_podman::domain::task::identity::{ContainerId, ContainerName};
use nomad_driver_podman::driver::DriverError;
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::runtime::{Change, Created};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn config(gc: Gc) -> PluginConfig {
    PluginConfig { gc, ..PluginConfig::default() }
}

/// A container of ours that no task claims.
fn dangling() -> ContainerFacts {
    let mut facts = facts(ContainerState::Running);
    facts.id = ContainerId::new("dangling");
    facts.labels.insert(TASK_LABEL.to_owned(), "alloc-0/web/00000000".to_owned());
    facts
}

fn with_label(key: &str, value: &str) -> ContainerFacts {
    let mut facts = dangling();
    facts.labels.insert(key.to_owned(), value.to_owned());
    facts
}

/// A runtime that runs the task, lists `other` beside it, and notes a removal of it.
fn beside(other: ContainerFacts) -> (MockRuntime, Arc<AtomicBool>) {
    let mut runtime = running();
    let removed = Arc::new(AtomicBool::new(false));
    let (note, id) = (Arc::clone(&removed), other.id.clone());
    runtime.expect_list().returning(move || Ok(vec![facts(ContainerState::Running), other.clone()]));
    runtime.expect_remove().withf(move |removed| *removed == id).returning(move |_| {
        note.store(true, Ordering::Relaxed);
        Ok(Change::Changed)
    });
    (runtime, removed)
}

/// Whether `other` is removed within an hour beside a running task.
async fn is_reaped(other: ContainerFacts, config: PluginConfig) -> bool {
    let (runtime, removed) = beside(other);
    let driver = driver(runtime);
    driver.configure(config, None).unwrap();
    driver.start_task(task()).await.unwrap();
    tokio::time::sleep(60 * MINUTE).await;
    removed.load(Ordering::Relaxed)
}

#[tokio::test(start_paused = true)]
async fn a_container_that_no_task_claims_goes_after_the_grace_and_not_before() {
    let (runtime, removed) = beside(dangling());
    let driver = driver(runtime);
    driver.configure(config(Gc::default()), None).unwrap();
    driver.start_task(task()).await.unwrap();
    tokio::time::sleep(5 * MINUTE).await;
    assert!(!removed.load(Ordering::Relaxed));
    tokio::time::sleep(2 * MINUTE).await;
    assert!(removed.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn containers_of_other_agents_and_of_nobody_stay() {
    let mut unlabelled = dangling();
    unlabelled.labels.remove(ROOT_LABEL);
    let foreign = ContainerFacts { labels: foreign(), ..dangling() };
    for other in [with_label(ROOT_LABEL, "/other"), with_label(NODE_LABEL, "other"), unlabelled, foreign] {
        let labels = other.labels.clone();
        assert!(!is_reaped(other, config(Gc::default())).await, "{labels:?}");
    }
    assert!(is_reaped(dangling(), config(Gc::default())).await);
}

#[tokio::test(start_paused = true)]
async fn the_operator_can_have_it_off_or_only_told_or_keep_what_has_ended() {
    let off = Gc { dangling: false, ..Gc::default() };
    let told = Gc { dangling_dry_run: true, ..Gc::default() };
    for gc in [off, told] {
        assert!(!is_reaped(dangling(), config(gc.clone())).await, "{gc:?}");
    }
    let keeping = PluginConfig { remove_containers: false, ..PluginConfig::default() };
    let ended = ContainerFacts { state: ContainerState::Exited, ..dangling() };
    assert!(!is_reaped(ended, keeping.clone()).await, "the operator wants to look at it");
    assert!(is_reaped(dangling(), keeping).await, "one that runs is no souvenir");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_anybodys_before_the_host_names_a_task() {
    let (runtime, removed) = beside(dangling());
    let driver = driver(runtime);
    driver.configure(config(Gc::default()), None).unwrap();
    tokio::time::sleep(60 * MINUTE).await;
    assert!(!removed.load(Ordering::Relaxed));
}

/// Somebody has committed a task's container to an image and runs that: it has the labels of the task.
#[tokio::test(start_paused = true)]
async fn a_copy_of_a_task_is_nobodys_to_remove() {
    let copy = || ContainerFacts { name: ContainerName::new("festive_bell"), ..dangling() };
    assert!(!is_reaped(copy(), config(Gc::default())).await);
    let (runtime, removed) = beside(copy());
    let id = TaskId::new("alloc-0/web/00000000");
    let unknown = driver(runtime).destroy_task(&id, true).await;
    assert_eq!(unknown, Err(DriverError::UnknownTask(id)));
    assert!(!removed.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn while_the_host_recovers_tasks_nothing_is_reaped() {
    let (runtime, removed) = beside(dangling());
    let driver = driver(runtime);
    driver.configure(config(Gc::default()), None).unwrap();
    driver.start_task(task()).await.unwrap();
    for _ in 0..30 {
        tokio::time::sleep(MINUTE).await;
        driver.recover_task(task(), &handle()).await.unwrap();
    }
    assert!(!removed.load(Ordering::Relaxed));
    tokio::time::sleep(10 * MINUTE).await;
    assert!(removed.load(Ordering::Relaxed));
}

/// A runtime that has to pull the image of the task, which then ends.
fn pulling() -> MockRuntime {
    let mut runtime = runtime();
    let mut order = Sequence::new();
    let missing = |_: &_| Err(error(ErrorKind::ImageMissing));
    runtime.expect_create().times(1).in_sequence(&mut order).returning(missing);
    runtime.expect_pull().times(1).in_sequence(&mut order).returning(|_| Ok("sha".to_owned()));
    runtime
        .expect_create()
        .withf(|spec| spec.labels.get(PULLED_LABEL).is_some_and(|label| label == "sha localhost/busybox"))
        .returning(|_| Ok(Created { id: ContainerId::new(ID), warnings: vec![] }));
    runtime.expect_start().returning(|_| Ok(Change::Changed));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Ok(ended(0)));
    runtime.expect_remove().returning(|_| Ok(Change::Changed));
    runtime
}

fn images() -> PluginConfig {
    config(Gc { image: true, ..Gc::default() })
}

#[tokio::test(start_paused = true)]
async fn an_image_that_was_pulled_goes_with_its_last_container_and_not_before() {
    let mut runtime = pulling();
    let uses = Arc::new(AtomicBool::new(true));
    let used = Arc::clone(&uses);
    runtime.expect_list().returning(move || {
        let container = ContainerFacts { image: Some("sha".to_owned()), ..facts(ContainerState::Running) };
        Ok(if used.load(Ordering::Relaxed) { vec![container] } else { vec![] })
    });
    let gone = Arc::new(AtomicBool::new(false));
    let note = Arc::clone(&gone);
    runtime.expect_remove_image().withf(|id| id == "sha").times(1).returning(move |_| {
        note.store(true, Ordering::Relaxed);
        Ok(Change::Changed)
    });
    let driver = driver(runtime);
    driver.configure(images(), None).unwrap();
    driver.start_task(task()).await.unwrap();
    tokio::time::sleep(60 * MINUTE).await;
    assert!(!gone.load(Ordering::Relaxed), "it is in use");
    driver.destroy_task(&task().id, true).await.unwrap();
    uses.store(false, Ordering::Relaxed);
    tokio::time::sleep(60 * MINUTE).await;
    assert!(gone.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn the_next_plugin_learns_from_labels_which_images_are_ours() {
    let mut runtime = runtime();
    let mut order = Sequence::new();
    runtime.expect_list().times(1).in_sequence(&mut order).returning(|| {
        let mut last = facts(ContainerState::Exited);
        last.labels.insert(PULLED_LABEL.to_owned(), "sha localhost/busybox".to_owned());
        Ok(vec![last])
    });
    runtime.expect_list().in_sequence(&mut order).times(1..).returning(|| Ok(vec![]));
    runtime.expect_remove_image().withf(|id| id == "sha").times(1).returning(|_| Ok(Change::Changed));
    let driver = driver(runtime);
    driver.configure(images(), None).unwrap();
    tokio::time::sleep(60 * MINUTE).await;
}

#[tokio::test(start_paused = true)]
async fn an_image_that_was_there_or_that_others_use_stays() {
    let mut runtime = running();
    runtime.expect_list().returning(|| Ok(vec![]));
    runtime.expect_remove_image().never();
    let there = driver(runtime);
    there.configure(images(), None).unwrap();
    there.start_task(task()).await.unwrap();
    tokio::time::sleep(60 * MINUTE).await;

    let mut runtime = pulling();
    runtime.expect_list().returning(|| Ok(vec![]));
    runtime.expect_remove_image().times(1).returning(|_| Err(error(ErrorKind::WrongState)));
    let used = driver(runtime);
    used.configure(images(), None).unwrap();
    used.start_task(task()).await.unwrap();
    tokio::time::sleep(60 * MINUTE).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_start_without_an_answer_made_later_is_removed() {
    let mut runtime = runtime();
    runtime.expect_create().returning(|_| Err(error(ErrorKind::TimedOut)));
    let mut order = Sequence::new();
    let absent = |_: &str| Err(error(ErrorKind::NotFound));
    runtime.expect_inspect().times(8).in_sequence(&mut order).returning(absent);
    runtime.expect_inspect().in_sequence(&mut order).returning(|_| Ok(facts(ContainerState::Created)));
    let removed = Arc::new(AtomicBool::new(false));
    let note = Arc::clone(&removed);
    runtime.expect_remove().withf(|id| id.as_str() == ID).times(1).returning(move |_| {
        note.store(true, Ordering::Relaxed);
        Ok(Change::Changed)
    });
    let driver = driver(runtime);
    assert!(driver.start_task(task()).await.is_err());
    tokio::time::sleep(MINUTE).await;
    assert!(removed.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_container_that_could_not_be_undone_is_removed_later() {
    let mut runtime = runtime();
    runtime.expect_create().returning(|_| Ok(Created { id: ContainerId::new(ID), warnings: vec![] }));
    runtime.expect_start().returning(|_| Err(error(ErrorKind::Rejected)));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Created)));
    let mut order = Sequence::new();
    let busy = |_: &_| Err(error(ErrorKind::Internal));
    runtime.expect_remove().times(20).in_sequence(&mut order).returning(busy);
    let removed = Arc::new(AtomicBool::new(false));
    let note = Arc::clone(&removed);
    runtime.expect_remove().times(1).in_sequence(&mut order).returning(move |_| {
        note.store(true, Ordering::Relaxed);
        Ok(Change::Changed)
    });
    let driver = driver(runtime);
    assert!(driver.start_task(task()).await.is_err());
    tokio::time::sleep(10 * MINUTE).await;
    assert!(removed.load(Ordering::Relaxed));
}
