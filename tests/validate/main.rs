//! What `validate` says: recorded diagnostics, the examples, the forms of a report, and any text at all.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod forms;
mod recorded;

use nomad_driver_podman::adapters::cli::jobfile::{Inputs, Purpose, Source};
use nomad_driver_podman::adapters::cli::validate::report::Report;
use nomad_driver_podman::adapters::cli::validate::{agent, job};

/// The report on a job of this text, with an agent's configuration or without.
fn report(name: &str, text: &str, client: Option<(&str, &str)>) -> Report {
    let mut report = Report::default();
    let plugin = client.and_then(|(name, text)| agent::check(&Source::new(name, text), &mut report));
    let inputs = Inputs { purpose: Purpose::Judge, ..Inputs::default() };
    job::check(&Source::new(name, text), &inputs, plugin.as_ref(), &mut report);
    report
}
