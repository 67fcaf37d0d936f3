//! StartTask against the bare calls, in turn.

use super::{IDLE, both, ms, start_through};
use crate::args::Args;
use crate::bare::{self, Bare};
use crate::board::Board;
use crate::session::Session;
use crate::turns::Turns;
use nomad_driver_podman::domain::fingerprint::RuntimeFacts;
use std::time::Instant;
use tokio::sync::OnceCell;

pub async fn all(args: &Args, board: &Board) {
    let rounds = args.starts.map_or_else(|| args.many(100, 6), usize::from);
    let turns = Turns::of("start").rounds(rounds).after_warm_up();
    // Podman takes a while over the description of itself.
    let facts = OnceCell::new();
    let round = async |session: &Session, number| {
        let facts = facts.get_or_init(bare::facts).await;
        one_start(session, number, facts).await;
    };
    turns.run(board, round).await;
}

async fn one_start(session: &Session, number: usize, facts: &RuntimeFacts) {
    let agent = session.agent().await;
    let config = agent.config_of(&session.silent_task(IDLE)).await;
    let body = bare::body(agent.config_of(&session.silent_task(IDLE)).await, facts);
    let through_driver = Box::pin(start_through(&agent, config));
    let bare = async {
        let mut bare = Bare::warm();
        let before = Instant::now();
        let id = bare.create_and_start(&body);
        let elapsed = ms(before);
        bare.remove(&id);
        elapsed
    };
    let (ours, theirs) = both(number, through_driver, bare).await;
    session.note("start", ours);
    session.note("start.bare", theirs);
}
