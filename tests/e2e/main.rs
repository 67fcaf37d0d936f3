//! A real Nomad agent with the built plugin and a real Podman, driven from outside by its API.
//!
//! `NOMAD_BIN` or `nomad` on the path, and the variables of `tests/support/podman.sh`; without one of them the
//! tests say so by name and pass. `NDP_NOMAD_REQUIRED=1` makes that an error. `NDP_E2E_CASE=exec` runs only the
//! cases with that in their name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod cases;
mod support;
mod survival;

use std::sync::{PoisonError, RwLock};
use support::agent::Agent;
use support::setup::{Setup, skip, text};

/// Held for writing by the one test that takes Podman's service away.
static PODMAN: RwLock<()> = RwLock::new(());

/// Runs `test` on the machine's Nomad and Podman, if there are any.
fn with_podman(test: impl FnOnce(Setup)) {
    let _present = PODMAN.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(setup) = Setup::find() {
        test(setup);
    }
}

#[test]
fn one_agent_runs_every_case() {
    with_podman(|setup| {
        let agent = Agent::start(setup, "cases");
        let failed = cases::run(&agent);
        assert!(failed.is_empty(), "failed: {failed:?}");
        agent.stop_jobs().unwrap();
        agent.stop();
        assert_eq!(agent.plugins(), [0; 0], "the plugin goes with its agent");
    });
}

#[test]
fn an_agent_that_is_killed_finds_its_task_again() {
    with_podman(survival::agent_killed);
}

#[test]
fn a_task_outlives_the_agent_and_all_its_children() {
    with_podman(survival::agent_killed_with_children);
}

#[test]
fn an_end_that_nobody_watched_is_reported_as_it_was() {
    with_podman(survival::ended_unwatched);
}

#[test]
fn a_plugin_that_is_killed_is_replaced_and_recovers_its_task() {
    with_podman(survival::plugin_killed);
}

#[test]
fn the_agent_starts_without_podman_and_offers_it_once_it_is_there() {
    with_podman(survival::podman_comes_later);
}

#[test]
fn a_task_outlives_the_service_of_podman() {
    let _alone = PODMAN.write().unwrap_or_else(PoisonError::into_inner);
    let Some(setup) = Setup::find() else { return };
    let (Some(control), Some(arm)) = (text("NDP_PODMAN_CTL"), text("NDP_PODMAN_ARM")) else {
        return skip("NDP_PODMAN_CTL and _ARM do not say how to end Podman's service");
    };
    survival::podman_killed(setup, &control, &arm);
}
