//! Telling now and then that something long is still going on.

use crate::ports::Clock;
use std::pin::pin;
use std::time::Duration;

/// Before this a person wonders about nothing.
const FIRST: Duration = Duration::from_secs(5);

/// Runs `work` to its end and tells the time it has taken, after 5 s, 15 s, 35 s and so on: the host keeps ten events
/// per task, and a long pull must not push the others out.
pub async fn telling<T>(clock: &dyn Clock, work: impl Future<Output = T>, tell: impl Fn(Duration)) -> T {
    let mut work = pin!(work);
    let (mut taken, mut pause) = (Duration::ZERO, FIRST);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = clock.sleep(pause) => {}
        }
        taken += pause;
        pause *= 2;
        tell(taken);
    }
}
