//! Trying again what has changed nothing.

use crate::domain::limits::RETRY_FIRST;
use crate::ports::Clock;

/// Tries of a call: with the pauses between them 0.7 s, in which a service that idled out or was restarted is back, as
/// systemd keeps its socket.
pub const TRIES: u32 = 4;

/// What `attempt` comes to, made anew while its error is one to try `again` after.
pub async fn tried<T, E, F>(
    clock: &dyn Clock,
    again: impl Fn(&E) -> bool,
    attempt: impl Fn() -> F,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut pause = RETRY_FIRST;
    for _ in 1..TRIES {
        match attempt().await {
            Err(error) if again(&error) => {}
            done => return done,
        }
        clock.sleep(pause).await;
        pause *= 2;
    }
    attempt().await
}
