//! Everything that was asked for, the table, the files; and an end that leaves nothing behind.

use crate::args::Args;
use crate::board::{Board, Outcome};
use crate::{markdown, measure, plot, report};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

/// What a shell says of a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// A driver did not survive a measurement. 2 is for a command line that is wrong; 3 is what tests/support/arm.sh takes for
/// a Podman that cannot be had, and would run everything once more without one.
const FAILED: u8 = 4;

/// The whole run; returns the exit status.
pub fn run(args: &Args) -> u8 {
    // What goes wrong is told in its column.
    std::panic::set_hook(Box::new(|_| {}));
    // Each task has two FIFOs that somebody holds open.
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let board = Board::new(args.sides());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let finished = local.block_on(&runtime, async {
        tokio::select! {
            () = Box::pin(measure::all(args, &board)) => true,
            () = told_to_stop() => false,
        }
    });
    // Whatever was under way is taken down here: plugins are killed, containers removed.
    drop(local);
    runtime.shutdown_background();
    report::print(&board);
    report::write(&board, args);
    if let Some(document) = &args.markdown {
        markdown::write(&board, document);
    }
    if let Some(dir) = &args.plot {
        plot::draw(&board, dir);
    }
    match (finished, board.outcome()) {
        (false, _) => INTERRUPTED,
        (true, Outcome::Failed) => FAILED,
        (true, outcome) => u8::from(outcome == Outcome::Missed),
    }
}

/// Ctrl-C, or the polite signal of whoever started this.
async fn told_to_stop() {
    let mut asked = signal(SignalKind::terminate()).unwrap();
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = asked.recv() => {}
    }
}
