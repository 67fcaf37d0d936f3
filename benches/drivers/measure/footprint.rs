//! Size, start-up and memory of a plugin that has nothing to do.

use super::ms;
use crate::args::Args;
use crate::board::Board;
use crate::machine;
use crate::session::Session;
use crate::turns::in_turn;
use std::time::{Duration, Instant};

const MIB: f64 = 1024.0 * 1024.0;
/// Until what start-up has begun is done.
const SETTLED: Duration = Duration::from_secs(1);

pub async fn all(args: &Args, board: &Board) {
    for (side, of) in board.sides.iter().enumerate() {
        match std::fs::metadata(&of.binary) {
            Ok(file) => board.add(side, vec![("binary", file.len() as f64 / MIB)]),
            Err(error) => board.fail(side, "binary", error.to_string()),
        }
    }
    if args.wants("handshake") {
        in_turn(board, "handshake", args.many(60, 10), "alone", async |session, _| {
            let before = Instant::now();
            let (_process, _) = crate::agent::Process::start(&session.lab.arm, &session.lab.state()).await;
            vec![("handshake", ms(before))]
        })
        .await;
    }
    if args.wants("idle") {
        in_turn(board, "idle", 2, "alone", idle).await;
    }
}

/// Configured with nothing but defaults, both streams open.
async fn idle(session: &Session, _: usize) -> crate::turns::Figures {
    session.agent().await;
    tokio::time::sleep(SETTLED).await;
    let memory = machine::memory(&session.pids());
    session.kill_plugin().await;
    vec![("idle.rss", memory.rss / 1024.0), ("idle.anon", memory.anonymous / 1024.0)]
}
