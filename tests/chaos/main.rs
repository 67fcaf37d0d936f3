//! Killed at any moment: the plugin, and Podman's service, ten times each, while real containers start, stop and
//! flood their logs. Nothing is left, and every task has its own exit code. And once for a while, with ten tasks whose
//! samples, lines and ends are seen all the same.
//!
//! ```text
//! tests/support/podman.sh run podman4 -- cargo test --test chaos              without Podman it says SKIPPED
//! NDP_SEED=7 ...                                                              the same moments again
//! NDP_OUTAGE_SECONDS=30 ...                                                   a while that long
//! ```
//!
//! It plays the agent with the parts of `tests/wire`, and has Podman for itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests are tests"
)]
#![allow(dead_code, unused_imports, reason = "parts of tests/wire that this suite has no use for")]

#[path = "../wire/agent/mod.rs"]
mod agent;
#[path = "../wire/arm.rs"]
mod arm;
mod census;
#[path = "../wire/cty.rs"]
mod cty;
#[path = "../wire/gather.rs"]
mod gather;
#[path = "../wire/harness.rs"]
mod harness;
#[path = "../wire/host.rs"]
mod host;
#[path = "../wire/lab.rs"]
mod lab;
mod life;
#[path = "../wire/cases/outage.rs"]
mod outage;
mod plugin;
#[path = "../wire/relay.rs"]
mod relay;
mod service;
#[path = "../contract/sh.rs"]
mod sh;
#[path = "../wire/task.rs"]
mod task;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// More than anything here needs.
const LONG: Duration = Duration::from_secs(30);

/// One at a time: they take Podman away from each other.
static PODMAN: Mutex<()> = Mutex::new(());

fn alone(name: &str, case: harness::Case) {
    let _alone = PODMAN.lock().unwrap_or_else(PoisonError::into_inner);
    harness::on("podman", name, None, case);
}

#[test]
fn a_plugin_that_is_killed_ten_times_loses_nothing() {
    alone("plugin", |lab| Box::pin(plugin::killed_ten_times(lab)));
}

#[test]
fn a_podman_that_is_killed_ten_times_loses_nothing() {
    alone("service", |lab| Box::pin(service::killed_ten_times(lab)));
}

#[test]
fn tasks_go_on_while_podman_is_dead() {
    alone("outage", |lab| Box::pin(service::dead_for_a_while(lab)));
}
