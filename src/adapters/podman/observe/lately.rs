//! What the service said of containers a moment ago.
//!
//! After each start and each recovery the driver looks at the container, and at once its end is waited for and its log
//! is read. Both begin with a look: three requests for the same answer, of which the service needs a millisecond of
//! its processor for each. So the first answer is kept for as long as the others take to come.

use super::Seen;
use crate::domain::task::identity::ContainerId;
use crate::domain::time::Timestamp;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// As long as an answer counts as of now. A reply that was on its way so long would be believed as well.
const FRESH: Duration = Duration::from_secs(1);

/// Answers that are kept: more than starts and recoveries at once.
const KEPT: usize = 32;

/// The last [`KEPT`] answers.
#[derive(Default)]
pub struct Lately(Mutex<VecDeque<(Timestamp, Seen)>>);

impl Lately {
    /// Keeps an answer that has just come.
    pub fn note(&self, now: Timestamp, seen: Seen) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(at, other)| is_fresh(*at, now) && other.facts.id != seen.facts.id);
        kept.truncate(KEPT - 1);
        kept.push_front((now, seen));
    }

    /// What was said of this container, if that was a moment ago.
    pub fn of(&self, now: Timestamp, id: &ContainerId) -> Option<Seen> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .find(|(at, seen)| seen.facts.id == *id && is_fresh(*at, now))
            .map(|(_, seen)| seen.clone())
    }

    /// Something is done to this container: what was said of it is over.
    pub fn forget(&self, id: &ContainerId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(_, seen)| seen.facts.id != *id);
    }
}

/// Not before, not long after: the clock may have jumped.
fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
    at <= now && now.since(at) < FRESH
}

#[cfg(test)]
#[path = "lately_tests.rs"]
mod tests;
