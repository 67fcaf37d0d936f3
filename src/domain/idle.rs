//! For how long things have been left alone, counted by looks at them.
//!
//! Time that nobody looked does not count: neither a jump of the clock nor a runtime that does not answer makes
//! anything older.

use crate::domain::mapped::Mapped;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long each thing has been idle, by all looks in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle<K: Ord>(BTreeMap<K, Duration>);

// Derived, it would ask for keys that have a default.
impl<K: Ord> Default for Idle<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone> Idle<K> {
    /// A look, `passed` after the one before: `idle` are those that are idle now; all others are forgotten. Those
    /// that have been idle for `limit`.
    pub fn look(&mut self, idle: impl IntoIterator<Item = K>, passed: Duration, limit: Duration) -> Vec<K> {
        let aged = |key: &K| self.0.get(key).map_or(Duration::ZERO, |age| age.saturating_add(passed));
        self.0 = idle.into_iter().map(|key| (key.clone(), aged(&key))).mapped();
        self.0.iter().filter(|(_, age)| **age >= limit).map(|(key, _)| key.clone()).collect()
    }

    /// Begins anew with everything.
    pub fn reset(&mut self) {
        self.0.values_mut().for_each(|age| *age = Duration::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn only_what_is_idle_in_every_look_becomes_due() {
        let mut idle = Idle::default();
        let mut look = |now: &[&'static str]| idle.look(now.iter().copied(), MINUTE, 2 * MINUTE);
        assert_eq!(look(&["a", "b"]), [""; 0]);
        assert_eq!(look(&["a"]), [""; 0]);
        assert_eq!(look(&["a", "b"]), ["a"]);
        assert_eq!(look(&["b"]), [""; 0], "b was in use in between");
        assert_eq!(look(&["b"]), ["b"]);
    }

    #[test]
    fn no_grace_is_the_first_look_and_a_reset_begins_anew() {
        let mut idle = Idle::default();
        assert_eq!(idle.look(["a"], MINUTE, Duration::ZERO), ["a"]);
        idle.reset();
        assert_eq!(idle.look(["a"], MINUTE, 2 * MINUTE), [""; 0]);
    }
}
