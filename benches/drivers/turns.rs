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

/// What one round brings.
pub type Figures = Vec<(&'static str, f64)>;

/// Runs `round` so many times for each driver, in turn. A driver that fails is told and left out of the rest.
pub async fn in_turn(
    board: &Board,
    name: &'static str,
    rounds: usize,
    arm: &str,
    round: impl AsyncFn(&Session, usize) -> Figures,
) {
    eprintln!("{name} ...");
    let mut sessions: Vec<Option<Session>> =
        board.sides.iter().map(|side| Session::new(side, arm).ok()).collect();
    for number in 0..rounds {
        for (side, slot) in sessions.iter_mut().enumerate() {
            let Some(session) = slot.as_ref() else { continue };
            match guarded(round(session, number)).await {
                // The first round pays for warming up.
                Ok(_) if number == 0 && rounds > 2 => {}
                Ok(figures) => board.add(side, figures),
                Err(reason) => {
                    board.fail(side, name, reason + &session.last_words());
                    *slot = None;
                }
            }
        }
    }
    for session in sessions.iter().flatten() {
        let _ = guarded(session.destroy_everything()).await;
    }
}

/// The outcome, or why there is none.
async fn guarded<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let caught = AssertUnwindSafe(work).catch_unwind();
    let outcome = timeout(ROUND, caught).await.map_err(|_| format!("not within {ROUND:?}"))?;
    outcome.map_err(|panic| harness::told(&*panic))
}
