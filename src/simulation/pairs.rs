//! Every single fault, and every ordered pair of faults, at every place where they can strike, on a world of one
//! task.

use super::plan::Plan;
use super::weather::{At, Planned, injections};

/// How many calls of one kind a fault is tried at when it is alone.
const OCCURRENCES: usize = 4;

/// A world by its number: first the single faults, then the pairs.
pub struct Exhaustive {
    singles: Vec<Planned>,
    pairs: Vec<Planned>,
}

impl Default for Exhaustive {
    fn default() -> Self {
        let pairs = injections();
        let singles = pairs.iter().flat_map(|planned| later(*planned)).collect();
        Self { singles, pairs }
    }
}

/// The same fault at the first, the second, … call of its kind.
fn later(planned: Planned) -> Vec<Planned> {
    match planned.at {
        At::Call(op, _) => (0..OCCURRENCES).map(|nth| Planned { at: At::Call(op, nth), ..planned }).collect(),
        At::Moment(_) => vec![planned],
    }
}

impl Exhaustive {
    /// Worlds with one fault: each for a task that ends by itself, and for one that is stopped.
    pub fn singles(&self) -> u64 {
        2 * self.singles.len() as u64
    }

    /// Worlds with two.
    pub fn pairs(&self) -> u64 {
        (self.pairs.len() * self.pairs.len()) as u64
    }

    /// All worlds.
    pub fn count(&self) -> u64 {
        self.singles() + self.pairs()
    }

    /// What strikes in the world of this number.
    pub fn faults(&self, number: u64) -> Vec<Planned> {
        let pick = |from: &[Planned], at: u64| {
            let at = usize::try_from(at).unwrap_or(usize::MAX) % from.len().max(1);
            from.get(at).copied()
        };
        if number < self.singles() {
            return pick(&self.singles, number / 2).into_iter().collect();
        }
        let (pair, kinds) = (number - self.singles(), self.pairs.len().max(1) as u64);
        [pick(&self.pairs, pair / kinds), pick(&self.pairs, pair % kinds)].into_iter().flatten().collect()
    }

    /// The world of this number. The task of every other pair ends by itself.
    pub fn plan(&self, number: u64) -> Plan {
        Plan::of_faults(&self.faults(number), number % 2 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ordered_pairs_are_there() {
        let all = Exhaustive::default();
        let kinds = all.pairs.len() as u64;
        assert_eq!(all.count(), all.singles() + kinds * kinds);
        assert_eq!(all.faults(all.singles()).len(), 2);
        let (one, other) = (all.faults(all.singles() + 1), all.faults(all.singles() + kinds));
        assert_eq!((one[0], one[1]), (other[1], other[0]));
    }
}
