//! Whether the OOM killer took a process of a container, and what memory it had then.
//!
//! Podman's own flag depends on conmon seeing an event in time and was false in every OOM provoked on cgroup v1
//! (Podman 4.3). The kernel counts exactly: `oom_kill` in `memory.oom_control` (v1, Linux 4.13) and in
//! `memory.events` (v2). The group is removed 90 to 200 ms after the last process has ended, so the counter is read at
//! once when the pidfd of the first process fires.

use super::cgroup::Cgroup;
use crate::domain::container::MemoryAtEnd;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What version 1 calls no limit, or above: the largest number of pages that it can count.
const UNLIMITED: u64 = 1 << 62;

/// The memory counters of one control group, and where its kills stood. Holds no descriptor: an open one answers ENODEV
/// as soon as the group is removed, so it would tell nothing for longer.
#[derive(Debug)]
pub struct OomWatch {
    dir: PathBuf,
    files: &'static Files,
    before: AtomicU64,
    /// The end that comes is asked for.
    asked: AtomicBool,
}

#[derive(Debug)]
struct Files {
    kills: &'static str,
    limit: &'static str,
    peak: &'static str,
}

const V1: Files =
    Files { kills: "memory.oom_control", limit: "memory.limit_in_bytes", peak: "memory.max_usage_in_bytes" };

const V2: Files = Files { kills: "memory.events", limit: "memory.max", peak: "memory.peak" };

impl OomWatch {
    /// Begins to watch. Kills so far did not end a first process that still runs.
    ///
    /// # Errors
    /// The kernel has no such counter for this group.
    pub fn start(cgroup: &Cgroup) -> io::Result<Self> {
        let watch = Self::since_birth(cgroup)?;
        watch.before.store(watch.kills()?, Ordering::Relaxed);
        Ok(watch)
    }

    /// Watches a group from its birth on: what a container that had ended before anybody looked has left of it.
    ///
    /// # Errors
    /// The group has no memory counters.
    pub fn since_birth(cgroup: &Cgroup) -> io::Result<Self> {
        let files = match cgroup {
            Cgroup::V1(_) => &V1,
            Cgroup::V2(_) => &V2,
        };
        let dir = cgroup.dir("memory").ok_or(io::ErrorKind::NotFound)?.to_owned();
        Ok(Self { dir, files, before: AtomicU64::new(0), asked: AtomicBool::new(false) })
    }

    /// The memory of a group of which processes were killed since; `None` if there were none, or if it is too late to
    /// tell.
    pub fn killed(&self) -> Option<MemoryAtEnd> {
        let killed = self.kills().is_ok_and(|now| now > self.before.load(Ordering::Relaxed));
        killed.then(|| self.memory())
    }

    /// The same of kills before the watch. The kernel counts a kill some milliseconds before the process has ended.
    pub fn killed_before(&self) -> Option<MemoryAtEnd> {
        (self.before.load(Ordering::Relaxed) > 0).then(|| self.memory())
    }

    /// The first process is about to be killed by us: no kill so far is its end.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
        if let Ok(now) = self.kills() {
            self.before.store(now, Ordering::Relaxed);
        }
    }

    /// Whether that was said.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    fn memory(&self) -> MemoryAtEnd {
        let limit = number(&self.dir, self.files.limit).filter(|limit| *limit < UNLIMITED);
        MemoryAtEnd { limit, peak: number(&self.dir, self.files.peak) }
    }

    fn kills(&self) -> io::Result<u64> {
        let text = fs::read_to_string(self.dir.join(self.files.kills))?;
        let count = text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok());
        count.ok_or_else(|| io::ErrorKind::Unsupported.into())
    }
}

fn number(dir: &Path, name: &str) -> Option<u64> {
    fs::read_to_string(dir.join(name)).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn write(dir: &Path, name: &str, text: &str) {
        fs::write(dir.join(name), text).unwrap();
    }

    #[test]
    fn a_rise_is_seen_and_an_old_kill_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let group = Cgroup::V1(BTreeMap::from([("memory".to_owned(), dir.to_owned())]));
        let set = |kills: u64| {
            let text = format!("oom_kill_disable 0\nunder_oom 0\noom_kill {kills}\n");
            write(dir, "memory.oom_control", &text);
        };
        set(1);
        write(dir, "memory.limit_in_bytes", "9223372036854771712\n");
        write(dir, "memory.max_usage_in_bytes", "77\n");
        let watch = OomWatch::start(&group).unwrap();
        assert_eq!(watch.killed(), None);
        assert_eq!(watch.killed_before(), Some(MemoryAtEnd { limit: None, peak: Some(77) }));
        let late = OomWatch::since_birth(&group).unwrap();
        assert_eq!(late.killed_before(), None);
        assert_eq!(late.killed(), Some(MemoryAtEnd { limit: None, peak: Some(77) }));
        set(2);
        assert!(watch.killed().is_some());
        watch.ask();
        assert_eq!(watch.killed(), None, "what comes now is our doing");
        assert!(watch.is_asked() && !late.is_asked());
    }

    #[test]
    fn version_2_counts_kills_not_calls_for_memory() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        write(dir, "memory.events", "low 0\nhigh 0\nmax 9\noom 3\noom_kill 0\noom_group_kill 0\n");
        write(dir, "memory.max", "4096\n");
        let watch = OomWatch::start(&Cgroup::V2(dir.to_owned())).unwrap();
        assert_eq!(watch.killed(), None);
        write(dir, "memory.events", "low 0\nhigh 0\nmax 9\noom 4\noom_kill 1\noom_group_kill 0\n");
        assert_eq!(watch.killed(), Some(MemoryAtEnd { limit: Some(4096), peak: None }));
    }

    #[test]
    fn a_kernel_without_the_counter_and_a_group_that_is_gone_say_so() {
        let dir = tempfile::tempdir().unwrap();
        let group = Cgroup::V2(dir.path().join("gone"));
        assert!(OomWatch::start(&group).is_err());
        assert_eq!(OomWatch::since_birth(&group).unwrap().killed(), None);
    }
}
