//! A command beside a task, and how long it may take.

use super::busy::{Busy, WORK, nth};
use super::double::driver_on;
use nomad_driver_podman::driver::{Driver, DriverError};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

async fn running() -> (Arc<Busy>, Driver) {
    let busy = Arc::new(Busy::default());
    let driver = driver_on(busy.clone());
    driver.start_task(nth(0)).await.unwrap();
    (busy, driver)
}

async fn exec(driver: &Driver, limit: Duration) -> Result<(), DriverError> {
    driver.exec_task(&nth(0).id, vec!["check".to_owned()], limit).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn the_limit_is_for_the_whole_and_what_begins_late_is_killed() {
    let (busy, driver) = running().await;
    let (before, limit) = (tokio::time::Instant::now(), WORK / 5);
    let refused = exec(&driver, limit).await;
    assert!(matches!(refused, Err(DriverError::ExecTimeout(told)) if told == limit), "{refused:?}");
    assert_eq!(before.elapsed(), limit, "waited for its creation");
    assert_eq!(busy.killed.load(Ordering::Relaxed), 0, "there is nothing to kill yet");
    tokio::time::sleep(WORK).await;
    assert_eq!(busy.killed.load(Ordering::Relaxed), 1, "it runs, and nobody will end it");
}

#[tokio::test(start_paused = true)]
async fn a_command_that_runs_too_long_is_killed() {
    let (busy, driver) = running().await;
    assert!(exec(&driver, WORK * 2).await.is_err());
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(busy.killed.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_hangs_up_leaves_no_command_behind() {
    let (busy, driver) = running().await;
    drop(tokio::time::timeout(WORK * 2, exec(&driver, Duration::ZERO)).await);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(busy.killed.load(Ordering::Relaxed), 1);
}
