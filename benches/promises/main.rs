//! The promises of the README, measured: `make bench`.
//!
//! Drives the built binary (or `DRIVER_BIN`) as Nomad does. Ratios are measured side by side, in turn, in one
//! run; what a busy machine does to absolute times is why no test asserts them. The start ratio needs a Podman
//! (`NDP_PODMAN_SOCKET`, see tests/support/README.md).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that fails shall say so")]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench reads the real clock and prints"
)]

#[path = "../drivers/bare.rs"]
#[allow(dead_code, reason = "shared with benches/drivers")]
mod bare;
mod footprint;
#[path = "../../tests/wire/host.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod host;
mod plugin;
mod splitter;
mod start;
mod task;
mod varlink;

use std::path::PathBuf;
use std::time::Duration;

/// One line of the table.
struct Row {
    promise: &'static str,
    measured: String,
    goal: &'static str,
    met: bool,
}

fn main() {
    // `cargo bench` and `cargo test` pass flags that mean nothing here.
    let binary = std::env::var_os("DRIVER_BIN")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_nomad-driver-podman")), PathBuf::from);
    println!("measuring {}\n", binary.display());
    let mut rows = vec![footprint::size(&binary), footprint::handshake(&binary), splitter::speed()];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    rows.extend(runtime.block_on(footprint::memory(&binary)));
    match runtime.block_on(start::ratio(&binary)) {
        Some(row) => rows.push(row),
        None => println!("SKIPPED StartTask ratio: NDP_PODMAN_SOCKET is not set\n"),
    }
    match runtime.block_on(varlink::ratio(&binary)) {
        Some(row) => rows.push(row),
        None => println!("SKIPPED StartTask ratio on Podman 1: PODMAN_V1_SOCKET is not set\n"),
    }
    print(&rows);
}

fn print(rows: &[Row]) {
    println!("{:<44} {:>26} {:>16}", "promise", "measured", "goal");
    for Row { promise, measured, goal, met } in rows {
        println!("{promise:<44} {measured:>26} {goal:>16} {}", if *met { "met" } else { "NOT MET" });
    }
}

/// The middle of some durations, which are never empty.
fn median(mut samples: Vec<Duration>) -> Duration {
    samples.sort_unstable();
    samples[samples.len() / 2]
}
