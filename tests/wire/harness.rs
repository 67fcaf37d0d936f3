//! Runs one case on one arm, and looks at what it leaves.

use crate::arm::Arm;
use crate::lab::Lab;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::Duration;
use tokio::time::timeout;

/// The body of a case.
pub type Case = for<'a> fn(&'a Lab) -> LocalBoxFuture<'a, ()>;

/// Longer than anything that is supposed to happen takes, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// Another patience, in milliseconds.
const OTHER_PATIENCE: &str = "NDP_PATIENCE_MS";
/// Enough to believe that nothing happens.
pub const QUIET: Duration = Duration::from_millis(300);

/// Runs a case. An arm that is not there is told and passes, unless `NDP_PODMAN_REQUIRED` asks for Podman.
pub fn on(arm: &str, name: &str, only: Option<(&str, &str)>, case: Case) {
    if let Some((only, reason)) = only
        && only != arm
    {
        return println!("SKIPPED {arm} {name}: {reason}");
    }
    match Arm::find(arm) {
        Ok(arm) => run(arm, name, case),
        Err(reason) if arm == "podman" && std::env::var_os("NDP_PODMAN_REQUIRED").is_some() => {
            panic!("podman: {reason}")
        }
        Err(reason) => println!("SKIPPED {arm}: {reason}"),
    }
}

fn run(arm: Arm, name: &str, case: Case) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let lab = Lab::new(arm, name);
        let outcome = AssertUnwindSafe(case(&lab)).catch_unwind().await;
        let faults = AssertUnwindSafe(lab.clean()).catch_unwind().await;
        let left = lab.leftovers();
        outcome.unwrap_or_else(|panic| {
            println!("the plugins' logs:\n{}", lab.logs());
            resume_unwind(panic)
        });
        faults.unwrap_or_else(|panic| resume_unwind(panic));
        assert!(left.is_empty(), "left behind: {left}");
    });
    // Threads that read for a log collector may still be waiting for a writer.
    runtime.shutdown_background();
}

/// Waits for what is supposed to happen.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let patience = patience();
    timeout(patience, future).await.unwrap_or_else(|_| panic!("{what}: not within {patience:?}"))
}

fn patience() -> Duration {
    let given = std::env::var(OTHER_PATIENCE).ok().and_then(|text| text.parse().ok());
    given.map_or(PATIENCE, Duration::from_millis)
}

/// What a panic says.
pub fn told(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Waits for what is supposed not to happen.
pub async fn never<T>(what: &str, future: impl Future<Output = T>) {
    assert!(timeout(QUIET, future).await.is_err(), "{what}");
}
