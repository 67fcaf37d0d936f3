//! Processor time that processes use from a moment on.

use crate::machine;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// USER_HZ: the unit of /proc/PID/stat, the same on every Linux that Nomad runs on.
const TICK: Duration = Duration::from_millis(10);
/// By so much the difference of two sums of user and system time may be too large: each of the two is cut off.
const CUT_OFF: Duration = Duration::from_millis(20);

/// Counts to the nanosecond what threads use that are seen again. What others used, which came and went between two
/// looks, is known in hundredths of a second as part of their process, and so are children that were waited for.
pub struct Meter {
    find: Box<dyn Fn() -> BTreeSet<u32>>,
    before: BTreeMap<u32, Account>,
    now: BTreeMap<u32, Account>,
}

/// What one process has used so far.
#[derive(Clone, Default)]
struct Account {
    threads: BTreeMap<u32, Duration>,
    /// All its threads, those that have ended too.
    whole: Duration,
    /// Children that have ended and were waited for.
    children: Duration,
    parent: Option<u32>,
}

impl Meter {
    /// Of the processes that are found now or later: one that is new has used all its time since now.
    pub fn start(find: impl Fn() -> BTreeSet<u32> + 'static) -> Self {
        let mut meter = Self { find: Box::new(find), before: BTreeMap::new(), now: BTreeMap::new() };
        meter.look();
        meter.before = meter.now.clone();
        meter
    }

    /// Keeps what is known of threads and processes that may be gone at the next look.
    pub fn look(&mut self) {
        let known = self.now.keys().copied().collect();
        for pid in &(self.find)() | &known {
            self.now.entry(pid).or_default().look(pid);
        }
    }

    /// Since the start.
    pub fn used(mut self) -> Duration {
        self.look();
        let counted = self.now.iter().filter(|(pid, account)| !self.is_in_its_parent(**pid, account));
        let nothing = Account::default();
        counted.map(|(pid, account)| account.since(self.before.get(pid).unwrap_or(&nothing))).sum()
    }

    /// One that has ended was waited for by its parent, which has its time now.
    fn is_in_its_parent(&self, pid: u32, account: &Account) -> bool {
        let of_ours = account.parent.is_some_and(|parent| self.now.contains_key(&parent));
        of_ours && machine::parent(pid).is_none()
    }
}

impl Account {
    fn look(&mut self, pid: u32) {
        // First of all whose it is: should it end in the middle, its parent has its time, and it must not count as well.
        let (Some(times), Some(parent)) = (times(pid), machine::parent(pid)) else { return };
        self.parent = Some(parent);
        let [user, system, children_user, children_system] = times;
        self.whole = user + system;
        self.children = children_user + children_system;
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten();
        for thread in tasks.filter_map(|task| Some(task.ok()?.path())) {
            let id = thread.file_name().and_then(|name| name.to_str()?.parse().ok());
            if let (Some(id), Some(time)) = (id, on_processor(&thread)) {
                self.threads.insert(id, time);
            }
        }
    }

    fn since(&self, before: &Self) -> Duration {
        let earlier = |thread| before.threads.get(thread).copied().unwrap_or_default();
        let seen: Duration =
            self.threads.iter().map(|(thread, time)| time.saturating_sub(earlier(thread))).sum();
        let whole = self.whole.saturating_sub(before.whole).saturating_sub(CUT_OFF);
        seen.max(whole) + self.children.saturating_sub(before.children)
    }
}

/// The first number of schedstat: nanoseconds (proc(5); every distribution's kernel has it).
fn on_processor(thread: &Path) -> Option<Duration> {
    let line = fs::read_to_string(thread.join("schedstat")).ok()?;
    line.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// utime, stime, cutime and cstime.
fn times(pid: u32) -> Option<[Duration; 4]> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // After the name, which may hold anything: state is the first field, utime the 12th.
    let fields = stat.rsplit_once(')')?.1.split_whitespace();
    let ticks: Vec<u32> = fields.skip(11).take(4).filter_map(|field| field.parse().ok()).collect();
    let ticks: [u32; 4] = ticks.try_into().ok()?;
    Some(ticks.map(|ticks| ticks * TICK))
}
