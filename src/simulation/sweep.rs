//! Many worlds, over all cores, and what they add up to.

use super::fault::Fault;
use super::locked;
use super::plan::Plan;
use super::run::{Verdict, run};
use super::weather::Planned;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Every so many worlds one is run twice: it must be the same both times.
const TWICE_EVERY: u64 = 100;

/// Violations that are kept with their timeline.
const KEPT: usize = 5;

/// A world that went wrong.
#[derive(Debug, Clone)]
pub struct Bad {
    /// Its number in the sweep: the seed, in a sweep of seeds.
    pub number: u64,
    /// What came of it.
    pub verdict: Verdict,
}

/// What many worlds add up to.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// How many.
    pub worlds: u64,
    /// How many of them were run twice.
    pub twice: u64,
    /// Faults that struck, by kind.
    pub struck: BTreeMap<Fault, u64>,
    /// Planned faults that struck.
    pub hit: BTreeSet<Planned>,
    /// Their time, all together.
    pub simulated: Duration,
    /// Worlds with violations.
    pub bad: u64,
    /// The first of them.
    pub worst: Vec<Bad>,
    /// Of all traces, in any order.
    pub hash: u64,
}

impl Summary {
    fn add(&mut self, number: u64, verdict: Verdict) {
        self.worlds += 1;
        self.simulated += verdict.simulated;
        self.hit.extend(&verdict.hit);
        self.hash ^= verdict.hash.rotate_left(u32::try_from(number % 64).unwrap_or(0));
        for (fault, count) in &verdict.struck {
            *self.struck.entry(*fault).or_default() += count;
        }
        if !verdict.violations.is_empty() {
            self.bad += 1;
            self.worst.push(Bad { number, verdict });
            self.worst.sort_by_key(|bad| bad.number);
            self.worst.truncate(KEPT);
        }
    }
}

/// The worlds of a sweep: how many, and the plan of each.
pub struct Sweep<'a> {
    /// Numbers from this one on.
    pub first: u64,
    /// So many.
    pub count: u64,
    /// The world of a number.
    pub plan: &'a (dyn Fn(u64) -> Plan + Sync),
    /// Told now and then: worlds so far, and how many went wrong.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
    /// Ends with the first violation.
    pub stop_early: bool,
}

impl Sweep<'_> {
    /// Runs them on `threads` threads.
    ///
    /// # Errors
    /// An executor cannot be made.
    pub fn run(&self, threads: u32) -> io::Result<Summary> {
        let (next, over) = (AtomicU64::new(0), AtomicBool::new(false));
        let summary = Mutex::new(Summary::default());
        let work = || -> io::Result<()> {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= self.count || over.load(Ordering::Relaxed) {
                    return Ok(());
                }
                let number = self.first.wrapping_add(at);
                let (verdict, twice) = self.world(number)?;
                let mut summary = locked(&summary);
                summary.twice += u64::from(twice);
                summary.add(number, verdict);
                over.fetch_or(self.stop_early && summary.bad > 0, Ordering::Relaxed);
                (self.progress)(summary.worlds, summary.bad);
            }
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
            let died = || Err(io::Error::other("a world ended in a panic"));
            workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| died()))
        })?;
        Ok(summary.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// One world; now and then once more, to see that it is the same.
    fn world(&self, number: u64) -> io::Result<(Verdict, bool)> {
        let plan = (self.plan)(number);
        let mut verdict = run(&plan)?;
        let twice = number.is_multiple_of(TWICE_EVERY);
        if twice {
            let again = run(&plan)?;
            if again.hash != verdict.hash {
                verdict.violations.push("the same seed has two different traces".to_owned());
            }
        }
        Ok((verdict, twice))
    }
}
