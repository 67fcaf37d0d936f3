//! Nomad drivers, measured side by side: `make bench`.
//!
//! Starts each driver's binary and speaks to it as the Nomad agent does, with the client of `tests/wire`, against one
//! real Podman on a private socket (`NDP_PODMAN_SOCKET`, see tests/support/README.md). The drivers take turns
//! within each measurement, A B A B, so that a busy machine is busy for all; ratios are what to look at.
//!
//! ```text
//! make bench                                       the driver of this repository
//! make bench DRIVER_BIN=/path                      and another beside it
//! make bench BENCH='--quick --only start,exit'     less of it; --help tells the rest
//! ```
//!
//! Lives here: what is measured, and what is made of it. Must not live here: another client of the wire.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that fails shall say so")]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench reads the real clock and prints"
)]

mod args;
mod bare;
mod board;
mod machine;
mod markdown;
mod measure;
mod meter;
mod plot;
mod report;
mod rows;
mod run;
mod session;
mod table;
mod turns;
mod varlink;
mod watcher;

/// Which commit this is.
#[path = "../../build/commit.rs"]
#[allow(dead_code, reason = "shared with build.rs")]
mod commit;

/// The client of the wire, which the tests have.
#[path = "../../tests/wire/agent/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with tests/wire")]
mod agent;
#[path = "../../tests/wire/arm.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod arm;
#[path = "../../tests/wire/cty.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod cty;
#[path = "../../tests/wire/gather.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod gather;
#[path = "../../tests/wire/harness.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod harness;
#[path = "../../tests/wire/host.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod host;
#[path = "../../tests/wire/lab.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod lab;
#[path = "../../tests/contract/sh.rs"]
#[allow(dead_code, reason = "shared with tests/contract")]
mod sh;
#[path = "../../tests/wire/task.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod task;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    run::run(&args::Args::parse()).into()
}
