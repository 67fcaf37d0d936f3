//! Everything that was asked for, the table, the files; and an end that leaves nothing behind.

use crate::args::Args;
use crate::board::Board;
use crate::{measure, plot, report};
use tokio::signal::unix::{SignalKind, signal};

/// What a shell says of a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// The whole run; returns the exit status.
pub fn run(args: &Args) -> u8 {
    // What goes wrong is told in its column.
    std::panic::set_hook(Box::new(|_| {}));
    let board = Board::new(args.sides());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let finished = local.block_on(&runtime, async {
        tokio::select! {
            () = measure::all(args, &board) => true,
            () = told_to_stop() => false,
        }
    });
    // Whatever was under way is taken down here: plugins are killed, containers removed.
    drop(local);
    runtime.shutdown_background();
    report::print(&board);
    report::write(&board, &args.json);
    if let Some(dir) = &args.plot {
        plot::draw(&board, dir);
    }
    match finished {
        true => u8::from(!board.all_met()),
        false => INTERRUPTED,
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
