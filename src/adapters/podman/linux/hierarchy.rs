//! Finds the control group of a container.
//!
//! `/proc/PID/cgroup` names the group per controller and `/proc/self/mountinfo` where controllers are mounted
//! (cgroups(7)). The group is the one whose name holds the container's id, not a deeper one that the OCI
//! runtime or the container itself made below it: limits and totals are there.
//!
//! Where controllers are mounted is read once: it stays for as long as the machine runs, and each container that runs
//! adds lines to the file that tells it.

use super::cgroup::Cgroup;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Those of version 1 that anybody asks for.
const CONTROLLERS: [&str; 3] = ["cpu", "cpuacct", "memory"];

/// Parents that Podman chooses, with cgroupfs and with systemd, and the one that Nomad's tasks are put below.
const PARENTS: [&str; 3] = ["/libpod_parent", "/machine.slice", "/nomad.slice"];

/// The trees of control groups of one machine.
#[derive(Debug)]
pub struct Hierarchies {
    root: PathBuf,
    /// Once there were any.
    mounts: OnceLock<Vec<Mount>>,
}

impl Hierarchies {
    /// Of the machine whose files are below `root`, which is `/` but for tests. Reads nothing yet.
    pub fn below(root: &Path) -> Self {
        Self { root: root.to_owned(), mounts: OnceLock::new() }
    }

    /// Below which files are looked for.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn mounts(&self) -> io::Result<&[Mount]> {
        if let Some(mounts) = self.mounts.get() {
            return Ok(mounts);
        }
        let text = fs::read_to_string(self.root.join("proc/self/mountinfo"))?;
        let mounts: Vec<_> = text.lines().filter_map(parse_mount).collect();
        if mounts.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(self.mounts.get_or_init(|| mounts))
    }

    /// The control group of container `id`, of which `pid` is a process.
    ///
    /// # Errors
    /// `NotFound` if the process is gone, or if no group carries the id: its counters would be somebody
    /// else's.
    pub fn of_container(&self, pid: u32, id: &str) -> io::Result<Cgroup> {
        let groups = fs::read_to_string(self.root.join(format!("proc/{pid}/cgroup")))?;
        self.find(&groups, id)?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The control group of container `id` at `path` of each hierarchy, as a service tells it.
    ///
    /// # Errors
    /// `NotFound` if there is none, or if the path does not carry the id.
    pub fn at(&self, path: &str, id: &str) -> io::Result<Cgroup> {
        let groups = format!("1:memory,cpu,cpuacct:{path}\n0::{path}\n");
        let group = self.find(&groups, id)?.ok_or(io::ErrorKind::NotFound)?;
        fs::metadata(group.dir("memory").ok_or(io::ErrorKind::NotFound)?)?;
        Ok(group)
    }

    /// The control group of a container that has just ended, of which nobody tells the path any more: below `parent`,
    /// or where Podman puts groups by itself.
    pub fn of_ended(&self, parent: &str, id: &str) -> Option<Cgroup> {
        let parents = [parent].into_iter().filter(|parent| !parent.is_empty()).chain(PARENTS);
        let paths = parents.flat_map(|parent| ["", ".scope"].map(|end| format!("{parent}/libpod-{id}{end}")));
        paths.into_iter().find_map(|path| self.at(&format!("/{}", path.trim_start_matches('/')), id).ok())
    }

    fn find(&self, groups: &str, id: &str) -> io::Result<Option<Cgroup>> {
        let mounts = self.mounts()?;
        let (mut dirs, mut unified) = (BTreeMap::new(), None);
        for line in groups.lines() {
            let fields = line.split_once(':').and_then(|(_, rest)| rest.split_once(':'));
            let Some((controllers, path)) = fields else { return Ok(None) };
            let Some(path) = up_to_id(path, id) else { continue };
            if controllers.is_empty() {
                let mount = mounts.iter().find(|mount| mount.kind == "cgroup2");
                unified = mount.and_then(|mount| mount.place(&self.root, path));
                continue;
            }
            for controller in controllers.split(',').filter(|name| CONTROLLERS.contains(name)) {
                let mount = mounts.iter().find(|mount| mount.has(controller));
                let dir = mount.and_then(|mount| mount.place(&self.root, path));
                dirs.extend(dir.map(|dir| (controller.to_owned(), dir)));
            }
        }
        // On a hybrid tree the controllers are in version 1; the unified one only groups.
        Ok(if dirs.contains_key("memory") { Some(Cgroup::V1(dirs)) } else { unified.map(Cgroup::V2) })
    }
}

/// `path` down to the component that holds `id`.
fn up_to_id<'a>(path: &'a str, id: &str) -> Option<&'a str> {
    let at = path.find(id)?;
    let end = path[at..].find('/').map_or(path.len(), |slash| at + slash);
    Some(&path[..end])
}

#[derive(Debug)]
struct Mount {
    root: String,
    point: String,
    kind: String,
    options: String,
}

impl Mount {
    fn has(&self, controller: &str) -> bool {
        self.kind == "cgroup" && self.options.split(',').any(|option| option == controller)
    }

    fn place(&self, root: &Path, path: &str) -> Option<PathBuf> {
        let below = Path::new(path).strip_prefix(&self.root).ok()?;
        Some(root.join(self.point.trim_start_matches('/')).join(below))
    }
}

/// `ID PARENT DEV ROOT POINT OPTIONS [TAGS...] - KIND SOURCE SUPER_OPTIONS` (proc(5)), if it is one of control groups.
fn parse_mount(line: &str) -> Option<Mount> {
    let (head, tail) = line.split_once(" - ").filter(|(_, tail)| tail.starts_with("cgroup"))?;
    let (mut head, mut tail) = (head.split(' ').skip(3), tail.split(' '));
    let mut next = || head.next().map(str::to_owned);
    let (root, point, kind) = (next()?, next()?, tail.next()?.to_owned());
    Some(Mount { root, point, kind, options: tail.nth(1)?.to_owned() })
}

#[cfg(test)]
#[path = "hierarchy_tests.rs"]
mod tests;
