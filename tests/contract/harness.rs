//! Runs one case on one arm, and leaves nothing behind.

use crate::arm::{self, Arm, Need};
use crate::double::VarlinkArm;
use crate::lab::Lab;
use crate::memory_arm::MemoryArm;
use crate::podman1_arm::Podman1Arm;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use nomad_driver_podman::ports::clock::within;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

/// The body of a case.
pub type Case = for<'a> fn(&'a Lab) -> LocalBoxFuture<'a, ()>;

/// How long a case may take: virtual time in memory, a busy machine elsewhere.
const CASE_LIMIT: Duration = Duration::from_secs(120);

/// Runs a case on virtual time.
pub fn on_memory(name: &str, need: Option<Need>, case: Case) {
    runtime(true).block_on(async { run(Arc::new(MemoryArm::new()), name, need, case).await });
}

/// Runs a case on the Podman that the environment describes. Without one it says so and passes, unless
/// `NDP_PODMAN_REQUIRED` is set.
pub fn on_podman(name: &str, need: Option<Need>, case: Case) {
    match arm::podman() {
        Ok(arm) => runtime(false).block_on(run(arm, name, need, case)),
        Err(reason) if std::env::var_os("NDP_PODMAN_REQUIRED").is_none() => {
            println!("SKIPPED podman: {reason}");
        }
        Err(reason) => panic!("podman: {reason}"),
    }
}

/// Runs a case on Podman 1 without a machine.
pub fn on_varlink(name: &str, need: Option<Need>, case: Case) {
    runtime(false).block_on(async { run(Arc::new(VarlinkArm::new()), name, need, case).await });
}

/// Runs a case on the Podman 1 that `PODMAN_V1_SOCKET` names, if it names one.
pub fn on_podman1(name: &str, need: Option<Need>, case: Case) {
    match Podman1Arm::of_environment() {
        Ok(arm) => runtime(false).block_on(run(Arc::new(arm), name, need, case)),
        Err(reason) => println!("SKIPPED podman1 {name}: {reason}"),
    }
}

/// Prints which case runs where.
pub fn show(cases: &[(&str, Option<Need>)]) {
    let runtime = runtime(true);
    let _entered = runtime.enter();
    let memory: Result<Arc<dyn Arm>, String> = Ok(Arc::new(MemoryArm::new()));
    let varlink: Result<Arc<dyn Arm>, String> = Ok(Arc::new(VarlinkArm::new()));
    let podman1 = Podman1Arm::of_environment().map(|arm| Arc::new(arm) as Arc<dyn Arm>);
    let arms = [memory, arm::podman(), varlink, podman1];
    for (case, need) in cases {
        let places = arms.iter().map(|arm| place(arm, case, *need));
        println!("{case:<80} {}", places.map(|place| format!("{place:<40}")).collect::<String>().trim_end());
    }
    println!("{} cases on each arm", cases.len());
}

fn place(arm: &Result<Arc<dyn Arm>, String>, case: &str, need: Option<Need>) -> String {
    let arm = match arm {
        Ok(arm) => arm,
        Err(reason) => return format!("SKIPPED: {reason}"),
    };
    let lacked = need.and_then(|need| arm.lacks(need));
    match lacked.or_else(|| arm.cannot(case).map(str::to_owned)) {
        Some(reason) => format!("skipped: {reason}"),
        None => arm.name(),
    }
}

fn runtime(virtual_time: bool) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(virtual_time).build().unwrap()
}

async fn run(arm: Arc<dyn Arm>, name: &str, need: Option<Need>, case: Case) {
    if let Some((need, reason)) = need.and_then(|need| Some((need, arm.lacks(need)?))) {
        println!("SKIPPED {} {name}: needs {need:?}: {reason}", arm.name());
        return;
    }
    if let Some(reason) = arm.cannot(name) {
        println!("SKIPPED {} {name}: {reason}", arm.name());
        return;
    }
    let clock = arm.clock();
    let lab = Lab::new(arm);
    let outcome = AssertUnwindSafe(within(&*clock, CASE_LIMIT, case(&lab))).catch_unwind().await;
    let left = lab.clean().await;
    let complaints = lab.arm.complaints();
    match outcome {
        Err(panic) => {
            complaints.iter().for_each(|complaint| println!("{complaint}"));
            resume_unwind(panic)
        }
        Ok(Err(_)) => panic!("{name} takes longer than {CASE_LIMIT:?}"),
        Ok(Ok(())) => {
            assert!(left.is_empty(), "left behind: {left:?}");
            assert!(complaints.is_empty(), "the service complains: {complaints:?}");
        }
    }
}
