//! The bench harness itself: what it makes of a driver that is no good, and that it leaves nothing behind.
//!
//! It is run as a process of its own, this very one once more, with drivers that are shell scripts. No figure is
//! looked at here: those are for `make bench`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench reads the real clock and prints"
)]

mod child;
mod faults;
mod leaving;
mod parts;
mod relay;
mod verdicts;

/// The harness under test, part by part.
#[path = "../../benches/drivers/args.rs"]
mod args;
#[path = "../../benches/drivers/bare.rs"]
mod bare;
#[path = "../../benches/drivers/board.rs"]
mod board;
#[path = "../../benches/drivers/machine.rs"]
mod machine;
#[path = "../../benches/drivers/markdown.rs"]
mod markdown;
#[path = "../../benches/drivers/measure/mod.rs"]
mod measure;
#[path = "../../benches/drivers/meter.rs"]
mod meter;
#[path = "../../benches/drivers/plot.rs"]
mod plot;
#[path = "../../benches/drivers/report.rs"]
mod report;
#[path = "../../benches/drivers/rows.rs"]
mod rows;
#[path = "../../benches/drivers/run.rs"]
mod run;
#[path = "../../benches/drivers/session.rs"]
mod session;
#[path = "../../benches/drivers/table.rs"]
mod table;
#[path = "../../benches/drivers/turns.rs"]
mod turns;
#[path = "../../benches/drivers/varlink.rs"]
mod varlink;
#[path = "../../benches/drivers/watcher.rs"]
mod watcher;

/// Which commit this is.
#[path = "../../build/commit.rs"]
#[allow(dead_code, reason = "shared with build.rs")]
mod commit;

/// The client of the wire, which both have from `tests/wire`.
#[path = "../wire/agent/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with tests/wire")]
mod agent;
#[path = "../wire/arm.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod arm;
#[path = "../wire/cty.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod cty;
#[path = "../wire/gather.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod gather;
#[path = "../wire/harness.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod harness;
#[path = "../wire/host.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod host;
#[path = "../wire/lab.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod lab;
#[path = "../contract/sh.rs"]
#[allow(dead_code, reason = "shared with tests/contract")]
mod sh;
#[path = "../wire/task.rs"]
#[allow(dead_code, reason = "shared with tests/wire")]
mod task;
