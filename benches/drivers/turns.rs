//! Rounds in turn: A B A B.

use crate::board::Board;
use crate::harness;
use crate::session::Session;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::time::timeout;

/// Longer than any round takes on a busy machine.
const ROUND: Duration = Duration::from_secs(240);

/// A measurement in rounds.
pub struct Turns {
    name: &'static str,
    arm: &'static str,
    rounds: usize,
    warm_up: bool,
    fresh: bool,
    patience: Duration,
}

impl Turns {
    /// One round, on Podman.
    pub fn of(name: &'static str) -> Self {
        Self { name, arm: "podman", rounds: 1, warm_up: false, fresh: false, patience: ROUND }
    }

    /// Where tasks run, see [`Session::new`].
    pub fn on(self, arm: &'static str) -> Self {
        Self { arm, ..self }
    }

    pub fn rounds(self, rounds: usize) -> Self {
        Self { rounds, ..self }
    }

    /// One round more, the first, which pays for warming up and does not count.
    pub fn after_warm_up(self) -> Self {
        Self { warm_up: true, ..self }
    }

    /// A new plugin for each round, so that none is there while another driver has its turn.
    pub fn fresh(self) -> Self {
        Self { fresh: true, ..self }
    }

    /// Another limit of a round.
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Runs `round` for each driver in turn, with the number of the round. A driver that fails is told and left out of
    /// the rest; what it had brought until then counts.
    pub async fn run(self, board: &Board, round: impl AsyncFn(&Session, usize)) {
        eprintln!("{} ...", self.name);
        let mut sessions: Vec<Option<Session>> =
            (0..board.sides.len()).map(|side| self.session(board, side)).collect();
        for number in 0..self.rounds + usize::from(self.warm_up) {
            for (side, slot) in sessions.iter_mut().enumerate() {
                let Some(session) = slot.as_ref() else { continue };
                // On the heap: a round knows many calls, and a future is as large as all of them.
                let outcome = self.guarded(Box::pin(self.turn(session, number, &round))).await;
                let figures = session.take_notes();
                if number > 0 || !self.warm_up {
                    board.add(side, figures);
                }
                if let Some(version) = session.version() {
                    board.is_version(side, version);
                }
                if let Err(reason) = outcome {
                    board.fail(side, self.name, reason + &session.last_words().await);
                    *slot = None;
                }
            }
        }
        for session in sessions.iter().flatten() {
            drop(self.guarded(Box::pin(session.destroy_everything())).await);
        }
    }

    fn session(&self, board: &Board, side: usize) -> Option<Session> {
        let session = Session::new(side, &board.sides[side], self.arm);
        session.map_err(|reason| board.fail(side, self.name, reason)).ok()
    }

    async fn turn(&self, session: &Session, number: usize, round: &impl AsyncFn(&Session, usize)) {
        round(session, number).await;
        if self.fresh {
            session.destroy_everything().await;
            session.kill_plugin().await;
        }
    }

    /// The outcome, or why there is none.
    async fn guarded<T>(&self, work: impl Future<Output = T>) -> Result<T, String> {
        let caught = AssertUnwindSafe(work).catch_unwind();
        let outcome = timeout(self.patience, caught).await;
        let outcome = outcome.map_err(|_| format!("not within {:?}", self.patience))?;
        outcome.map_err(|panic| harness::told(&*panic))
    }
}
