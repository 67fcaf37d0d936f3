//! Finds a container's control group, on version 1, 2 and the hybrid of both.
//!
//! `/proc/PID/cgroup` names the group per controller and `/proc/self/mountinfo` where controllers are mounted
//! (cgroups(7)). The group is the one whose name holds the container's id, not a deeper one that the OCI
//! runtime or the container itself made below it: limits and totals are there.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Those of version 1 that anybody asks for.
const CONTROLLERS: [&str; 3] = ["cpu", "cpuacct", "memory"];

/// Parents that Podman chooses, with cgroupfs and with systemd, and the one that Nomad's tasks are put below.
const PARENTS: [&str; 3] = ["/libpod_parent", "/machine.slice", "/nomad.slice"];

/// Below a container's group, where an OCI runtime may put its processes on version 2.
const PROCESSES: [&str; 2] = ["cgroup.procs", "container/cgroup.procs"];

/// Directories of one container's control group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cgroup {
    /// Version 1: a directory per controller, by its name (`memory`, `cpuacct`, `cpu`).
    V1(BTreeMap<String, PathBuf>),
    /// Version 2: one directory.
    V2(PathBuf),
}

impl Cgroup {
    /// The control group of container `id`, of which `pid` is a process. `root` is `/` but for tests.
    ///
    /// # Errors
    /// `NotFound` if the process is gone, or if no group carries the id: its counters would be somebody
    /// else's.
    pub fn of_container(root: &Path, pid: u32, id: &str) -> io::Result<Self> {
        let groups = fs::read_to_string(root.join(format!("proc/{pid}/cgroup")))?;
        let mounts = fs::read_to_string(root.join("proc/self/mountinfo"))?;
        find(root, &groups, &mounts, id).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The control group of container `id` at `path` of each hierarchy, as a service tells it.
    ///
    /// # Errors
    /// `NotFound` if there is none, or if the path does not carry the id.
    pub fn at(root: &Path, path: &str, id: &str) -> io::Result<Self> {
        let mounts = fs::read_to_string(root.join("proc/self/mountinfo"))?;
        let groups = format!("1:memory,cpu,cpuacct:{path}\n0::{path}\n");
        let group = find(root, &groups, &mounts, id).ok_or(io::ErrorKind::NotFound)?;
        fs::metadata(group.dir("memory").ok_or(io::ErrorKind::NotFound)?)?;
        Ok(group)
    }

    /// The control group of a container that has just ended, of which nobody tells the path any more: below `parent`,
    /// or where Podman puts groups by itself.
    pub fn of_ended(root: &Path, parent: &str, id: &str) -> Option<Self> {
        let parents = [parent].into_iter().filter(|parent| !parent.is_empty()).chain(PARENTS);
        let paths = parents.flat_map(|parent| ["", ".scope"].map(|end| format!("{parent}/libpod-{id}{end}")));
        paths
            .into_iter()
            .find_map(|path| Self::at(root, &format!("/{}", path.trim_start_matches('/')), id).ok())
    }

    /// Processes that are in the group now, in no order; none if it is gone.
    pub fn processes(&self) -> Vec<u32> {
        let files =
            PROCESSES.iter().filter_map(|name| fs::read_to_string(self.dir("memory")?.join(name)).ok());
        files.flat_map(|text| text.lines().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
    }

    /// Where `controller` keeps its files.
    pub fn dir(&self, controller: &str) -> Option<&Path> {
        match self {
            Self::V1(dirs) => dirs.get(controller).map(PathBuf::as_path),
            Self::V2(dir) => Some(dir),
        }
    }
}

fn find(root: &Path, groups: &str, mounts: &str, id: &str) -> Option<Cgroup> {
    let mounts: Vec<Mount<'_>> = mounts.lines().filter_map(parse_mount).collect();
    let mut dirs = BTreeMap::new();
    let mut unified = None;
    for line in groups.lines() {
        let (controllers, path) = line.split_once(':').and_then(|(_, rest)| rest.split_once(':'))?;
        let Some(path) = up_to_id(path, id) else { continue };
        if controllers.is_empty() {
            unified = mounts.iter().find(|mount| mount.kind == "cgroup2").and_then(|m| m.place(root, path));
            continue;
        }
        for controller in controllers.split(',').filter(|name| CONTROLLERS.contains(name)) {
            let mount = mounts.iter().find(|mount| mount.has(controller));
            if let Some(dir) = mount.and_then(|mount| mount.place(root, path)) {
                dirs.insert(controller.to_owned(), dir);
            }
        }
    }
    // On a hybrid tree the controllers are in version 1; the unified one only groups.
    if dirs.contains_key("memory") { Some(Cgroup::V1(dirs)) } else { unified.map(Cgroup::V2) }
}

/// `path` down to the component that holds `id`.
fn up_to_id<'a>(path: &'a str, id: &str) -> Option<&'a str> {
    let at = path.find(id)?;
    let end = path[at..].find('/').map_or(path.len(), |slash| at + slash);
    Some(&path[..end])
}

struct Mount<'a> {
    root: &'a str,
    point: &'a str,
    kind: &'a str,
    options: &'a str,
}

impl Mount<'_> {
    fn has(&self, controller: &str) -> bool {
        self.kind == "cgroup" && self.options.split(',').any(|option| option == controller)
    }

    fn place(&self, root: &Path, path: &str) -> Option<PathBuf> {
        let below = Path::new(path).strip_prefix(self.root).ok()?;
        Some(root.join(self.point.trim_start_matches('/')).join(below))
    }
}

/// `ID PARENT DEV ROOT POINT OPTIONS [TAGS...] - KIND SOURCE SUPER_OPTIONS` (proc(5)).
fn parse_mount(line: &str) -> Option<Mount<'_>> {
    let (head, tail) = line.split_once(" - ")?;
    let mut head = head.split(' ').skip(3);
    let mut tail = tail.split(' ');
    let (root, point, kind) = (head.next()?, head.next()?, tail.next()?);
    Some(Mount { root, point, kind, options: tail.nth(1)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1_MOUNTS: &str = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
                             35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
                             41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

    #[test]
    fn a_hybrid_tree_is_version_1() {
        let groups = "4:memory:/libpod_parent/libpod-ID\n2:cpu,cpuacct:/libpod_parent/libpod-ID\n\
                      0::/libpod_parent/libpod-ID\n";
        let group = find(Path::new("/"), groups, V1_MOUNTS, "ID").unwrap();
        let dir = |name| group.dir(name).unwrap().to_str().unwrap();
        assert_eq!(dir("memory"), "/sys/fs/cgroup/memory/libpod_parent/libpod-ID");
        assert_eq!(dir("cpuacct"), "/sys/fs/cgroup/cpu/libpod_parent/libpod-ID");
        assert_eq!(group.dir("pids"), None);
    }

    #[test]
    fn version_2_stops_at_the_group_of_the_container() {
        let mounts = "30 24 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
        let group = find(Path::new("/t"), "0::/a.slice/libpod-ID.scope/container\n", mounts, "ID");
        assert_eq!(group, Some(Cgroup::V2("/t/sys/fs/cgroup/a.slice/libpod-ID.scope".into())));
    }

    #[test]
    fn a_path_that_is_told_is_believed_if_it_exists_and_carries_the_id() {
        let root = tempfile::tempdir().unwrap();
        let group = root.path().join("sys/fs/cgroup/m.slice/libpod-ID.scope");
        fs::create_dir_all(root.path().join("proc/self")).unwrap();
        fs::create_dir_all(&group).unwrap();
        let mounts = "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        fs::write(root.path().join("proc/self/mountinfo"), mounts).unwrap();
        let at = |path, id| Cgroup::at(root.path(), path, id).ok();
        assert_eq!(at("/m.slice/libpod-ID.scope/container", "ID"), Some(Cgroup::V2(group)));
        for (path, id) in [("/m.slice/libpod-ID.scope", "OTHER"), ("/libpod-ID", "ID"), ("", "ID")] {
            assert_eq!(at(path, id), None, "{path} {id}");
        }
        let ended = |parent, id| Cgroup::of_ended(root.path(), parent, id);
        assert_eq!(ended("m.slice", "ID"), at("/m.slice/libpod-ID.scope", "ID"));
        assert!(ended("m.slice", "ID").is_some());
        assert_eq!((ended("", "ID"), ended("m.slice", "OTHER")), (None, None));
    }

    #[test]
    fn a_group_without_the_id_is_somebody_elses() {
        assert_eq!(find(Path::new("/"), "4:memory:/user.slice\n0::/user.slice\n", V1_MOUNTS, "ID"), None);
    }

    #[test]
    fn a_mount_of_a_part_of_the_tree_is_relative_to_it() {
        let mounts = "30 24 0:26 /outer /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        let group = find(Path::new("/"), "0::/outer/libpod-ID\n", mounts, "ID");
        assert_eq!(group, Some(Cgroup::V2("/sys/fs/cgroup/libpod-ID".into())));
        assert_eq!(find(Path::new("/"), "0::/else/libpod-ID\n", mounts, "ID"), None);
    }
}
