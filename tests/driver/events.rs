//! What a person who looks at a task is told.

use super::double::*;
use nomad_driver_podman::adapters::memory::MemoryRuntime;
use nomad_driver_podman::domain::config::Value;
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerState, MemoryAtEnd};
use nomad_driver_podman::domain::fingerprint::RuntimeFacts;
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::task::TaskRequest;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::domain::time::Timestamp;
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::runtime::{Change, Created};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const SECOND: i64 = 1_000_000_000;

/// Facts of an end so many seconds after the start.
fn ended_after(seconds: i64, code: i32) -> ContainerFacts {
    ContainerFacts {
        started_at: Some(Timestamp::from_unix_nanos(SECOND)),
        finished_at: Some(Timestamp::from_unix_nanos(SECOND * (1 + seconds))),
        ..ended(code)
    }
}

/// What is told about a task that ends like that, having written these words.
async fn told(end: ContainerFacts, words: &'static str) -> Vec<String> {
    let mut runtime = starting();
    runtime.expect_wait().returning(move |_| Ok(end.clone()));
    runtime.expect_last_words().returning(|_| Ok(words.as_bytes().to_vec()));
    let (driver, heard) = driver_heard(runtime);
    driver.start_task(task()).await.unwrap();
    driver.wait_task(&task().id).await.unwrap();
    heard.messages().split_off(1)
}

#[tokio::test(start_paused = true)]
async fn a_container_is_told_of_once_it_is_being_started_also_if_that_fails() {
    for fails in [false, true] {
        let ears = Arc::new(OnceLock::<Arc<Heard>>::new());
        let heard = Arc::clone(&ears);
        let mut runtime = runtime();
        runtime.expect_create().returning(|_| Ok(Created { id: ContainerId::new(ID), warnings: vec![] }));
        runtime.expect_start().times(1).returning(move |_| {
            assert_eq!(heard.get().unwrap().messages(), [""; 0]);
            if fails { Err(error(ErrorKind::Rejected)) } else { Ok(Change::Changed) }
        });
        runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
        runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
        runtime.expect_remove().returning(|_| Ok(Change::Changed));
        let (driver, heard) = driver_heard(runtime);
        assert!(ears.set(Arc::clone(&heard)).is_ok());
        assert_eq!(driver.start_task(task()).await.is_err(), fails);
        assert_eq!(heard.messages(), ["Created container web-alloc-1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_container_is_told_by_name() {
    let (driver, heard) = driver_heard(running());
    driver.start_task(task()).await.unwrap();
    assert_eq!(heard.messages(), ["Created container web-alloc-1"]);
}

#[tokio::test(start_paused = true)]
async fn last_words_are_told_of_a_task_that_fails_young() {
    assert_eq!(
        told(ended_after(2, 3), "starting\ncannot bind: in use\n").await,
        ["Exited with code 3 after 2.0 s; last lines of its standard error: starting | cannot bind: in use"]
    );
}

/// Nomad keeps ten events of a task: two starts of one that fails at once would push the first out.
#[tokio::test(start_paused = true)]
async fn who_has_said_nothing_is_not_quoted() {
    assert_eq!(told(ended_after(0, 1), "").await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn success_and_a_long_life_have_no_last_words() {
    assert_eq!(told(ended_after(2, 0), "words").await, [""; 0]);
    assert_eq!(told(ended_after(60, 1), "words").await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_was_asked_for_has_no_last_words() {
    let mut runtime = starting();
    let (kill, killed) = tokio::sync::watch::channel(false);
    runtime.expect_wait().returning(move |_| {
        if *killed.borrow() { Ok(ended_after(1, 143)) } else { Err(error(ErrorKind::Unavailable)) }
    });
    runtime.expect_signal().returning(move |_, _| {
        kill.send_replace(true);
        Ok(())
    });
    runtime.expect_last_words().never();
    let (driver, heard) = driver_heard(runtime);
    driver.start_task(task()).await.unwrap();
    driver.stop_task(&task().id, Duration::from_secs(5), Some(Signal::TERM)).await.unwrap();
    assert_eq!(heard.messages().len(), 1, "{:?}", heard.messages());
}

#[tokio::test(start_paused = true)]
async fn words_hold_no_value_of_the_environment() {
    let mut runtime = starting();
    runtime.expect_wait().returning(|_| Ok(ended_after(1, 1)));
    runtime.expect_last_words().returning(|_| Ok(b"bad password canary-77\n".to_vec()));
    let (driver, heard) = driver_heard(runtime);
    let env = [("PASSWORD", "canary-77")].into_iter().collect();
    driver.start_task(TaskRequest { env, ..task() }).await.unwrap();
    driver.wait_task(&task().id).await.unwrap();
    assert!(heard.everything().contains("bad password ***"), "{}", heard.everything());
    assert!(!heard.everything().contains("canary"), "{}", heard.everything());
}

#[tokio::test(start_paused = true)]
async fn want_of_memory_is_told_with_the_limit_and_the_peak() {
    let memory = MemoryAtEnd { limit: Some(64 << 20), peak: Some(67_000_000) };
    let end = ContainerFacts { oom_killed: true, memory_at_end: Some(memory), ..ended_after(60, 137) };
    assert_eq!(told(end, "").await, ["Killed by the kernel: out of memory (limit 64 MiB, peak 63.8 MiB)"]);
    let end = ContainerFacts { oom_killed: true, ..ended_after(60, 137) };
    assert_eq!(told(end, "").await, ["Killed by the kernel: out of memory"]);
}

#[tokio::test(start_paused = true)]
async fn a_long_pull_tells_now_and_then_how_far_it_is() {
    let runtime = MemoryRuntime::new(Arc::new(TestClock));
    runtime.slow_pulls(Duration::from_secs(60));
    let (driver, heard) = driver_heard(runtime);
    let config = Value::object([("image", Value::from("quay.io/team/app:1"))]);
    // There is no such allocation to be mounted; that is found out after the pull.
    driver.start_task(TaskRequest { config, ..task() }).await.unwrap_err();
    let still =
        |after: u64| format!("Still pulling image quay.io/team/app:1 after {after} s: downloading 1 layer");
    let mut expected = vec!["Pulling image quay.io/team/app:1".to_owned()];
    expected.push("Still pulling image quay.io/team/app:1 after 5.0 s: downloading 1 layer".to_owned());
    expected.extend([15, 35].map(still));
    // The clock of these tests stands still, which is no time at all.
    expected.push("Pulled image quay.io/team/app:1 in 0.0 s".to_owned());
    assert_eq!(heard.messages(), expected);
}

#[tokio::test(start_paused = true)]
async fn options_without_effect_are_told() {
    let (driver, heard) = driver_heard(running());
    let options = [("image", "localhost/busybox"), ("init_path", "/usr/bin/tini")];
    let config = Value::object(options.map(|(name, text)| (name, Value::from(text))));
    driver.start_task(TaskRequest { config, ..task() }).await.unwrap();
    assert_eq!(heard.messages()[1..], ["init_path: has no effect without init = true"]);
}

#[tokio::test(start_paused = true)]
async fn limits_that_a_rootless_podman_cannot_set_are_told() {
    let mut runtime = MockRuntime::new();
    runtime
        .expect_probe()
        .returning(|| Ok(RuntimeFacts { rootless: true, cgroup_version: 1, ..RuntimeFacts::default() }));
    let created = Created { id: ContainerId::new(ID), warnings: vec![] };
    runtime.expect_create().returning(move |spec| {
        assert_eq!(spec.limits.memory, None);
        Ok(created.clone())
    });
    runtime.expect_start().returning(|_| Ok(Change::Changed));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
    let (driver, heard) = driver_heard(runtime);
    let mut task = task();
    task.resources.memory_mb = 64;
    driver.start_task(task).await.unwrap();
    let told = "Not limited: memory; rootless Podman has no cgroup controller for it";
    assert_eq!(heard.messages()[1..], [told]);
}
