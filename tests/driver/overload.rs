//! A busy or hung Podman makes the driver slow, and nothing worse.

use super::busy::{Busy, WORK, nth};
use super::double::*;
use futures_util::future::join_all;
use nomad_driver_podman::domain::config::{PluginConfig, Value};
use nomad_driver_podman::domain::fingerprint::Health;
use nomad_driver_podman::domain::limits::{BREAKER_REST, ENDS_AT_ONCE, STARTS_AT_ONCE};
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::task::{TaskId, TaskRequest};
use nomad_driver_podman::driver::DriverError;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_storm_of_starts_is_carried_out_in_order_and_a_few_at_once() {
    let busy = Arc::new(Busy::default());
    let driver = driver_on(busy.clone());
    let started = join_all((0..40).map(|n| driver.start_task(nth(n)))).await;
    assert!(started.iter().all(Result::is_ok));
    assert_eq!(busy.most.load(Ordering::Relaxed), STARTS_AT_ONCE);
    let order = busy.created.lock().unwrap().clone();
    assert!(order.is_sorted(), "{order:?}");
}

#[tokio::test(start_paused = true)]
async fn the_driver_is_healthy_and_ends_tasks_while_starts_queue() {
    let busy = Arc::new(Busy::default());
    let driver = driver_on(busy.clone());
    driver.start_task(nth(0)).await.unwrap();
    let storm: Vec<_> = (1..100).map(|n| tokio::spawn(start(driver.clone(), nth(n)))).collect();
    tokio::time::sleep(WORK / 2).await;
    let before = tokio::time::Instant::now();
    assert_eq!(driver.fingerprint().await.health, Health::Healthy);
    let unknown = driver.destroy_task(&TaskId::new("nobody"), true).await;
    assert!(matches!(unknown, Err(DriverError::UnknownTask(_))), "{unknown:?}");
    assert_eq!(before.elapsed(), Duration::ZERO, "neither waits for a start");
    // One whose own question is lost in the storm still answers others.
    busy.hides.store(true, Ordering::Relaxed);
    assert_eq!(driver.fingerprint().await.health, Health::Healthy);
    for start in storm {
        assert!(start.await.unwrap());
    }
    assert_eq!(driver.fingerprint().await.health, Health::Unhealthy, "silence without work is no answer");
}

async fn start(driver: nomad_driver_podman::driver::Driver, task: TaskRequest) -> bool {
    driver.start_task(task).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn slow_removals_delay_no_signal() {
    let busy = Arc::new(Busy::default());
    let driver = driver_on(busy.clone());
    driver.start_task(nth(1000)).await.unwrap();
    busy.leftovers.store(2 * ENDS_AT_ONCE, Ordering::Relaxed);
    let destroy = |n| {
        let driver = driver.clone();
        tokio::spawn(async move { driver.destroy_task(&nth(n).id, true).await })
    };
    let removals: Vec<_> = (0..2 * ENDS_AT_ONCE).map(destroy).collect();
    tokio::time::sleep(WORK / 2).await;
    assert_eq!(busy.removals.load(Ordering::Relaxed), ENDS_AT_ONCE, "the others wait");
    let before = tokio::time::Instant::now();
    driver.signal_task(&nth(1000).id, Signal::KILL).await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO);
    for removal in removals {
        removal.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_operator_says_how_long_it_may_be_silent() {
    let busy = Arc::new(Busy::default());
    let driver = driver_on(busy.clone());
    busy.hides.store(true, Ordering::Relaxed);
    for (options, seconds) in
        [(Value::empty(), 10), (Value::object([("client_http_timeout", Value::from("2s"))]), 2)]
    {
        driver.configure(PluginConfig::decode(&options).unwrap(), None).unwrap();
        let before = tokio::time::Instant::now();
        assert_ne!(driver.fingerprint().await.health, Health::Healthy);
        assert_eq!(before.elapsed(), Duration::from_secs(seconds));
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_is_left_alone_and_tried_again() {
    let busy = Arc::new(Busy::default());
    let driver = driver_on(busy.clone());
    busy.hangs.store(true, Ordering::Relaxed);
    let destroy =
        || async { driver.destroy_task(&TaskId::new("nobody"), true).await.unwrap_err().to_string() };
    for _ in 0..3 {
        assert!(destroy().await.contains("scripted TimedOut"));
    }
    let before = tokio::time::Instant::now();
    assert!(destroy().await.contains("calls in a row"));
    assert_eq!((before.elapsed(), busy.lists.load(Ordering::Relaxed)), (Duration::ZERO, 3));
    tokio::time::sleep(2 * BREAKER_REST).await;
    busy.hangs.store(false, Ordering::Relaxed);
    let (one, other) = tokio::join!(destroy(), destroy());
    assert!(one.contains("task not found"), "{one}");
    drop(other);
    assert!(destroy().await.contains("task not found"));
}

#[tokio::test(start_paused = true)]
async fn a_start_waits_until_podman_has_rested() {
    let busy = Arc::new(Busy::default());
    let driver = driver_on(busy.clone());
    busy.hangs.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        drop(driver.destroy_task(&TaskId::new("nobody"), true).await);
    }
    busy.hangs.store(false, Ordering::Relaxed);
    let before = tokio::time::Instant::now();
    // Half of the rest is over: only the other half is waited for.
    tokio::time::sleep(BREAKER_REST / 2).await;
    driver.start_task(nth(0)).await.unwrap();
    assert_eq!(before.elapsed(), BREAKER_REST + WORK);
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_is_given_up_does_not_close_the_door_for_ever() {
    let busy = Arc::new(Busy::default());
    let driver = driver_on(busy.clone());
    busy.hangs.store(true, Ordering::Relaxed);
    let nobody = TaskId::new("nobody");
    for _ in 0..3 {
        drop(driver.destroy_task(&nobody, true).await);
    }
    tokio::time::sleep(2 * BREAKER_REST).await;
    let impatient = tokio::time::timeout(Duration::from_secs(1), driver.destroy_task(&nobody, true)).await;
    assert!(impatient.is_err());
    busy.hangs.store(false, Ordering::Relaxed);
    let answer = driver.destroy_task(&nobody, true).await;
    assert_eq!(answer, Err(DriverError::UnknownTask(nobody)));
}

/// A task that pulls, as somebody.
fn pulling(n: usize, username: Option<&str>) -> TaskRequest {
    let mut options = vec![("image", Value::from("quay.io/a/b:1")), ("pull_policy", "always".into())];
    let auth = username.map(|name| Value::object([("username", name.into()), ("password", "secret".into())]));
    options.extend(auth.map(|auth| ("auth", auth)));
    TaskRequest { config: Value::object(options), ..nth(n) }
}

#[tokio::test(start_paused = true)]
async fn a_pull_is_shared_by_those_with_the_same_account_and_by_nobody_else() {
    let busy = Arc::new(Busy::default());
    let driver = driver_on(busy.clone());
    let tasks = [
        pulling(0, None),
        pulling(1, None),
        pulling(2, Some("a")),
        pulling(3, Some("a")),
        pulling(4, Some("b")),
    ];
    let started = join_all(tasks.map(|task| driver.start_task(task))).await;
    assert!(started.iter().all(Result::is_ok), "{started:?}");
    assert_eq!(busy.pulls.load(Ordering::Relaxed), 3);
    driver.start_task(pulling(5, None)).await.unwrap();
    assert_eq!(busy.pulls.load(Ordering::Relaxed), 4, "what was pulled is not what is");
}

#[tokio::test(start_paused = true)]
async fn a_pull_goes_on_while_anybody_waits_and_ends_with_the_last() {
    let busy = Arc::new(Busy::default());
    let driver = driver_on(busy.clone());
    let mut starts: Vec<_> = (0..2).map(|n| tokio::spawn(start(driver.clone(), pulling(n, None)))).collect();
    tokio::time::sleep(WORK / 2).await;
    starts.remove(0).abort();
    assert!(starts.remove(0).await.unwrap());
    assert_eq!((busy.pulls.load(Ordering::Relaxed), busy.pulled.load(Ordering::Relaxed)), (1, 1));
    assert!(driver.inspect_task(&nth(0).id).await.is_err(), "whose caller went away is not started");

    let last = tokio::spawn(start(driver.clone(), pulling(2, None)));
    tokio::time::sleep(WORK / 2).await;
    last.abort();
    tokio::time::sleep(2 * WORK).await;
    assert_eq!((busy.pulls.load(Ordering::Relaxed), busy.pulled.load(Ordering::Relaxed)), (2, 1));
}
