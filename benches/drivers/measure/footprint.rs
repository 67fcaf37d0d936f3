//! Size, start-up and memory of a plugin that has nothing to do.

use super::ms;
use crate::agent::Process;
use crate::args::Args;
use crate::board::Board;
use crate::machine;
use crate::session::Session;
use crate::turns::Turns;
use std::time::{Duration, Instant};

const MIB: f64 = 1024.0 * 1024.0;
/// Until what start-up has begun is done.
const SETTLED: Duration = Duration::from_secs(1);

pub async fn all(args: &Args, board: &Board) {
    if args.wants("binary") {
        binary(board);
    }
    if args.wants("handshake") {
        let turns = Turns::of("handshake").on("alone").rounds(args.many(100, 10)).after_warm_up();
        let round = async |session: &Session, _| {
            let before = Instant::now();
            let (_process, _) = Process::start(&session.lab.arm, &session.lab.state()).await;
            session.note("handshake", ms(before));
        };
        turns.run(board, round).await;
    }
    if args.wants("idle") {
        let arm = if crate::arm::Arm::find("podman").is_ok() { "podman" } else { "alone" };
        Turns::of("idle").on(arm).rounds(args.many(5, 1)).fresh().run(board, idle).await;
    }
}

fn binary(board: &Board) {
    for (side, of) in board.sides.iter().enumerate() {
        match std::fs::metadata(&of.binary) {
            Ok(file) => board.add(side, vec![("binary", file.len() as f64 / MIB)]),
            Err(error) => board.fail(side, "binary", error.to_string()),
        }
    }
}

/// Configured with nothing but the socket, if there is a Podman behind one; both streams open.
async fn idle(session: &Session, _: usize) {
    session.agent().await;
    tokio::time::sleep(SETTLED).await;
    let memory = machine::memory(&session.pids());
    session.note("idle.rss", memory.rss / 1024.0);
    session.note("idle.anon", memory.anonymous / 1024.0);
}
