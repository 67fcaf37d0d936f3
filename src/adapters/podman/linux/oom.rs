//! Whether the OOM killer took a process of a container.
//!
//! Podman's own flag depends on conmon seeing an event in time and was false in every OOM provoked on cgroup v1
//! (Podman 4.3). The kernel counts exactly: `oom_kill` in `memory.oom_control` (v1, Linux 4.13) and in
//! `memory.events` (v2). The group is removed 90 to 200 ms after the last process has ended, and from then on
//! even a descriptor opened before answers ENODEV, so the counter is read at once when the pidfd of the first
//! process fires.

use super::cgroup::Cgroup;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Larger than any such file; keys have been added to them at the end.
const FILE_BYTES: usize = 4096;

/// The counter of one control group, and where it stood.
#[derive(Debug)]
pub struct OomWatch {
    file: File,
    before: u64,
}

impl OomWatch {
    /// Begins to watch. Kills so far did not end a first process that still runs.
    ///
    /// # Errors
    /// The kernel has no such counter for this group.
    pub fn start(cgroup: &Cgroup) -> io::Result<Self> {
        let name = match cgroup {
            Cgroup::V1(_) => "memory.oom_control",
            Cgroup::V2(_) => "memory.events",
        };
        let dir = cgroup.dir("memory").ok_or(io::ErrorKind::NotFound)?;
        let file = File::open(dir.join(name))?;
        let before = kills(&file)?;
        Ok(Self { file, before })
    }

    /// Whether processes were killed since. False when it is too late to tell.
    pub fn has_killed(&self) -> bool {
        kills(&self.file).is_ok_and(|now| now > self.before)
    }
}

fn kills(file: &File) -> io::Result<u64> {
    let mut buffer = [0; FILE_BYTES];
    let length = file.read_at(&mut buffer, 0)?;
    let text = String::from_utf8_lossy(&buffer[..length]);
    let count = text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok());
    count.ok_or_else(|| io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::fs;

    #[test]
    fn a_rise_is_seen_and_an_old_kill_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let group = Cgroup::V1(BTreeMap::from([("memory".to_owned(), dir.path().to_owned())]));
        let set = |kills: u64| {
            let text = format!("oom_kill_disable 0\nunder_oom 0\noom_kill {kills}\n");
            fs::write(dir.path().join("memory.oom_control"), text).unwrap();
        };
        set(1);
        let watch = OomWatch::start(&group).unwrap();
        assert!(!watch.has_killed());
        set(2);
        assert!(watch.has_killed());
    }

    #[test]
    fn version_2_counts_kills_not_calls_for_memory() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("memory.events");
        fs::write(&file, "low 0\nhigh 0\nmax 9\noom 3\noom_kill 0\noom_group_kill 0\n").unwrap();
        let watch = OomWatch::start(&Cgroup::V2(dir.path().to_owned())).unwrap();
        fs::write(&file, "low 0\nhigh 0\nmax 9\noom 4\noom_kill 1\noom_group_kill 0\n").unwrap();
        assert!(watch.has_killed());
    }

    #[test]
    fn a_kernel_without_the_counter_says_so() {
        let dir = tempfile::tempdir().unwrap();
        assert!(OomWatch::start(&Cgroup::V2(dir.path().to_owned())).is_err());
    }
}
