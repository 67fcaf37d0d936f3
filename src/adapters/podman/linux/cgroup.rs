//! A container's control group, on version 1, 2 and the hybrid of both.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

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
