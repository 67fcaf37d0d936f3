//! Whether a pid that a runtime told us names the process it meant.
//!
//! Pids are recycled, and a service in another pid namespace counts differently. So a number is believed only
//! if the process carries the container's 64-digit id: its control group is named after it (`libpod-ID`,
//! `libpod-ID.scope`), conmon has it among its arguments, and the container's first process is conmon's child.
//! Reads are of kernel memory and do not wait for a disk.

use std::fs;
use std::path::{Path, PathBuf};

/// Shortest id that is believed: a short one may be part of anything.
const ID_CHARS: usize = 32;

/// Whether `pid` is a process of container `id`: in its control group, or its conmon, or conmon's child.
/// `root` is `/` but for tests.
pub fn belongs_to(root: &Path, pid: u32, id: &str) -> bool {
    id.len() >= ID_CHARS
        && (in_cgroup(root, pid, id)
            || names_it(root, pid, id)
            || parent(root, pid).is_some_and(|parent| names_it(root, parent, id)))
}

/// Whether `pid` runs in the control group of container `id`, which conmon does not.
pub fn in_cgroup(root: &Path, pid: u32, id: &str) -> bool {
    let groups = fs::read_to_string(file(root, pid, "cgroup")).unwrap_or_default();
    groups.lines().any(|line| line.contains(id) && !line.contains("conmon"))
}

fn names_it(root: &Path, pid: u32, id: &str) -> bool {
    let arguments = fs::read(file(root, pid, "cmdline")).unwrap_or_default();
    arguments.split(|byte| *byte == 0).any(|argument| argument == id.as_bytes())
}

fn parent(root: &Path, pid: u32) -> Option<u32> {
    family(root, pid).map(|family| family.parent)
}

/// Whom a process comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// Its parent, which is not the one that made it if that has ended.
    pub parent: u32,
    /// The leader of its session.
    pub session: u32,
}

/// Fields 4 and 6 of `stat`, counted after the program's name, which may hold spaces and parentheses.
pub fn family(root: &Path, pid: u32) -> Option<Family> {
    let stat = fs::read_to_string(file(root, pid, "stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(1);
    let (parent, session) = (fields.next()?.parse().ok()?, fields.nth(1)?.parse().ok()?);
    Some(Family { parent, session })
}

fn file(root: &Path, pid: u32, name: &str) -> PathBuf {
    root.join(format!("proc/{pid}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(root: &Path, pid: u32, files: &[(&str, &str)]) {
        let dir = root.join(format!("proc/{pid}"));
        fs::create_dir_all(&dir).unwrap();
        for (name, text) in files {
            fs::write(dir.join(name), text).unwrap();
        }
    }

    #[test]
    fn control_group_arguments_and_parent_are_believed_and_nothing_else() {
        let (root, id) = (tempfile::tempdir().unwrap(), "ab".repeat(32));
        let root = root.path();
        process(root, 10, &[("cgroup", "0::/\n"), ("cmdline", &format!("conmon\0-c\0{id}\0-u\0x\0"))]);
        process(root, 11, &[("cgroup", "0::/\n"), ("cmdline", "sh\0"), ("stat", "11 (a) b) S 10 11 11")]);
        process(root, 12, &[("cgroup", &format!("0::/m.slice/libpod-{id}.scope\n"))]);
        process(root, 13, &[("cgroup", "0::/\n"), ("cmdline", "sh\0"), ("stat", "13 (sh) S 1 13 13")]);
        for (pid, belongs) in [(10, true), (11, true), (12, true), (13, false), (14, false)] {
            assert_eq!(belongs_to(root, pid, &id), belongs, "{pid}");
        }
        assert!(!belongs_to(root, 12, "ab"));
        assert!(in_cgroup(root, 12, &id) && !in_cgroup(root, 10, &id));
    }
}
