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
mod measure;
mod report;
mod rows;
mod session;
mod turns;

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

use args::Args;
use board::Board;
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    // What goes wrong is told in its column.
    std::panic::set_hook(Box::new(|_| {}));
    let board = Board::new(args.sides());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let finished = local.block_on(&runtime, async {
        tokio::select! {
            () = measure::all(&args, &board) => true,
            _ = tokio::signal::ctrl_c() => false,
        }
    });
    // Whatever was under way is taken down here: plugins are killed, containers removed.
    drop(local);
    runtime.shutdown_background();
    report::print(&board);
    report::write(&board, &args.json);
    match finished {
        true if board.all_met() => ExitCode::SUCCESS,
        true => ExitCode::FAILURE,
        false => ExitCode::from(130),
    }
}
