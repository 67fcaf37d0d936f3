//! StartTask waits for a look at the container only if its answer needs one; what needs one later waits for it.

use super::double::*;
use nomad_driver_podman::domain::config::Value;
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerState};
use nomad_driver_podman::domain::limits::FIRST_LOOK_TIMEOUT;
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::task::TaskRequest;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::domain::time::Timestamp;
use nomad_driver_podman::ports::ErrorKind;
use nomad_driver_podman::ports::runtime::{Change, Created};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;

const BEGAN: Timestamp = Timestamp::from_unix_nanos(7);

fn on(network: &str) -> TaskRequest {
    let config =
        Value::object([("image", Value::from("localhost/busybox")), ("network_mode", Value::from(network))]);
    TaskRequest { config, ..task() }
}

fn seen() -> ContainerFacts {
    ContainerFacts {
        started_at: Some(BEGAN),
        stop_signal: Some("SIGQUIT".to_owned()),
        ip: Some("10.88.0.2".to_owned()),
        ..facts(ContainerState::Running)
    }
}

/// A runtime that starts the task and does not answer so many looks; and how many there were.
fn away_for(looks: u32) -> (MockRuntime, Arc<AtomicU32>) {
    let (mut runtime, count) = (runtime(), Arc::new(AtomicU32::new(0)));
    runtime.expect_create().returning(|_| Ok(Created { id: ContainerId::new(ID), warnings: vec![] }));
    runtime.expect_start().times(1).returning(|_| Ok(Change::Changed));
    let counted = Arc::clone(&count);
    runtime.expect_inspect().returning(move |_| match counted.fetch_add(1, Ordering::Relaxed) {
        number if number < looks => Err(error(ErrorKind::Unavailable)),
        _ => Ok(seen()),
    });
    (runtime, count)
}

#[tokio::test(start_paused = true)]
async fn only_an_address_is_looked_for_before_the_answer() {
    for (network, looks) in
        [("none", 0), ("host", 0), ("bridge", 1), ("container:other", 1), ("ns:/run/netns/a", 1)]
    {
        let (mut runtime, count) = away_for(0);
        runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
        let driver = driver(runtime);
        let started = driver.start_task(on(network)).await.unwrap();
        assert_eq!(count.load(Ordering::Relaxed), looks, "{network}");
        assert_eq!(started.network.is_some(), looks == 1, "{network}");
        let (_, status) = driver.inspect_task(&task().id).await.unwrap();
        assert_eq!((status.started_at(), count.load(Ordering::Relaxed)), (Some(BEGAN), 1), "{network}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_without_a_signal_sends_what_the_image_says_however_early_it_comes() {
    let (mut runtime, _) = away_for(3);
    runtime
        .expect_signal()
        .withf(|_, signal| signal.to_string() == "SIGQUIT")
        .times(1)
        .returning(|_, _| Ok(()));
    runtime.expect_wait().returning(|_| Ok(ended(0)));
    let driver = driver(runtime);
    driver.start_task(on("none")).await.unwrap();
    driver.stop_task(&task().id, Duration::from_secs(9), None).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_runtime_that_is_away_keeps_nobody_waiting_for_long() {
    let (mut runtime, _) = away_for(40);
    let signals = Arc::new(std::sync::Mutex::new(vec![]));
    let sent = Arc::clone(&signals);
    runtime.expect_signal().returning(move |_, signal| {
        sent.lock().unwrap().push(signal);
        Ok(())
    });
    runtime.expect_wait().returning(|_| Ok(ended(3)));
    let driver = driver(runtime);
    driver.start_task(on("none")).await.unwrap();
    let asked = Instant::now();
    let (_, status) = driver.inspect_task(&task().id).await.unwrap();
    assert_eq!((status.started_at(), asked.elapsed()), (None, FIRST_LOOK_TIMEOUT));
    driver.stop_task(&task().id, Duration::from_secs(3600), None).await.unwrap();
    assert_eq!(*signals.lock().unwrap(), [Signal::TERM]);
    let (_, status) = driver.inspect_task(&task().id).await.unwrap();
    assert_eq!(status.started_at(), Some(BEGAN), "it is looked at all the same");
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_reply_was_lost_is_looked_for_whatever_its_network() {
    let mut runtime = runtime();
    runtime.expect_create().returning(|_| Ok(Created { id: ContainerId::new(ID), warnings: vec![] }));
    runtime.expect_start().times(1).returning(|_| Err(error(ErrorKind::OutcomeUnknown)));
    runtime.expect_inspect().returning(|_| Ok(seen()));
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
    let started = driver(runtime).start_task(on("none")).await.unwrap();
    assert_eq!(started.handle.started_at, Some(BEGAN));
}
