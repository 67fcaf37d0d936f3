//! What happened in a world, line by line: a hash of all of it, and the last lines for a person.

use super::clock::VirtualClock;
use super::locked;
use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Lines that are kept: a world in which nothing is wrong needs none, and one that is wrong is told by its end.
const KEPT_LINES: usize = 4000;

/// Longest line.
const LINE_BYTES: usize = 400;

/// Text that is planted wherever a secret can be; it must never be seen.
pub const CANARY: &str = "canary-5f1c-must-not-be-seen";

/// FNV-1a.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// See the module.
#[derive(Debug)]
pub struct Trace {
    clock: Arc<VirtualClock>,
    lines: Mutex<Lines>,
}

#[derive(Debug)]
struct Lines {
    hash: u64,
    kept: VecDeque<String>,
    violations: Vec<String>,
}

impl Trace {
    /// An empty one, in the time of `clock`.
    pub fn new(clock: Arc<VirtualClock>) -> Self {
        let lines = Lines { hash: OFFSET, kept: VecDeque::new(), violations: Vec::new() };
        Self { clock, lines: Mutex::new(lines) }
    }

    /// One line: who, and what.
    pub fn tell(&self, who: &str, what: &str) {
        let line = self.line(who, what);
        let leaks = line.contains(CANARY) || what.contains(CANARY);
        locked(&self.lines).push(line);
        if leaks {
            self.violation("a secret was shown");
        }
    }

    /// Something that must not be.
    pub fn violation(&self, what: &str) {
        let line = self.line("VIOLATION", what);
        let mut lines = locked(&self.lines);
        lines.violations.push(what.to_owned());
        lines.push(line);
    }

    /// Those so far.
    pub fn violations(&self) -> Vec<String> {
        locked(&self.lines).violations.clone()
    }

    /// Of all lines so far: the same seed on the same commit has the same.
    pub fn hash(&self) -> u64 {
        locked(&self.lines).hash
    }

    /// The last lines.
    pub fn timeline(&self) -> Vec<String> {
        locked(&self.lines).kept.iter().cloned().collect()
    }

    fn line(&self, who: &str, what: &str) -> String {
        let mut line = String::with_capacity(what.len() + 40);
        let at = self.clock.elapsed();
        // Writing to a string cannot fail.
        let _ = write!(line, "{}  {who:<9}  ", time(at));
        line.extend(what.chars().map(|c| if c.is_control() { ' ' } else { c }));
        line.truncate(line.floor_char_boundary(LINE_BYTES));
        line
    }
}

impl Lines {
    fn push(&mut self, line: String) {
        for byte in line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(PRIME);
        }
        if self.kept.len() == KEPT_LINES {
            self.kept.pop_front();
        }
        self.kept.push_back(line);
    }
}

/// `1:02:03.004`.
fn time(at: Duration) -> String {
    let (seconds, millis) = (at.as_secs(), at.subsec_millis());
    format!("{}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
