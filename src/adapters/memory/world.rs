//! What the processes of one container see: environment, names, mounts, memory.

use super::commands::Contents;
use super::files::Files;
use crate::domain::container::spec::Network;
use crate::domain::container::{ContainerSpec, MemoryAtEnd};
use crate::domain::mapped::Mapped;
use crate::domain::task::identity::ContainerId;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Memory that an idle process holds.
const IDLE_MEMORY_BYTES: u64 = 512 * 1024;

/// Directories of an image with known contents.
const DIRECTORIES: [&str; 10] =
    ["/", "/bin", "/dev", "/etc", "/proc", "/root", "/run", "/sys", "/tmp", "/usr"];

/// See the module.
#[derive(Debug)]
pub(super) struct World {
    pub(super) spec: ContainerSpec,
    pub(super) hostname: String,
    pub(super) files: Files,
    pub(super) memory: Memory,
}

impl World {
    pub(super) fn new(id: &ContainerId, spec: ContainerSpec) -> Self {
        let hostname = spec.hostname.clone().unwrap_or_else(|| id.as_str().chars().take(12).collect());
        let files = Files::new(&spec, &hostname);
        let memory = Memory { limit: spec.limits.memory, ..Memory::default() };
        Self { spec, hostname, files, memory }
    }

    /// Before a run: what does not outlive the one before is gone.
    pub(super) fn boot(&self) {
        self.files.clear_memory_mounts();
        self.memory.used.store(IDLE_MEMORY_BYTES, Ordering::Relaxed);
        self.memory.peak.store(IDLE_MEMORY_BYTES, Ordering::Relaxed);
    }

    /// What a runtime finds out only when it starts the container.
    ///
    /// # Errors
    /// Its words.
    pub(super) fn check(&self, id: &ContainerId, contents: Contents) -> Result<(), String> {
        if contents == Contents::Believed {
            return Ok(());
        }
        let directory = self.directory();
        let mounted = self.spec.mounts.iter().any(|mount| mount.target == directory);
        if !mounted && !DIRECTORIES.contains(&directory) {
            return Err(format!("workdir {directory:?} does not exist on container {id}"));
        }
        match self.user_name() {
            Some(name) if name != "root" && name.parse::<u32>().is_err() => {
                Err(format!("unable to find user {name}: no matching entries in passwd file"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn directory(&self) -> &str {
        self.spec.working_dir.as_deref().unwrap_or("/")
    }

    fn user_name(&self) -> Option<&str> {
        let user = self.spec.user.as_deref().filter(|user| !user.is_empty())?;
        Some(user.split(':').next().unwrap_or(user))
    }

    /// The numeric user id; a name of an image that is believed gets the first one of ordinary users.
    pub(super) fn user(&self) -> u32 {
        match self.user_name() {
            None | Some("root") => 0,
            Some(name) => name.parse().unwrap_or(1000),
        }
    }

    /// The whole environment: what Podman adds, below what was asked for.
    pub(super) fn environment(&self) -> BTreeMap<&str, &str> {
        let home = if self.user() == 0 { "/root" } else { "/" };
        let added = [
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("TERM", "xterm"),
            ("container", "podman"),
            ("HOSTNAME", self.hostname.as_str()),
            ("HOME", home),
        ];
        added.into_iter().chain(self.spec.env.reveal_all()).mapped()
    }

    /// Names of the network interfaces.
    pub(super) fn interfaces(&self) -> &'static [&'static str] {
        match self.spec.network {
            Network::None => &["lo"],
            Network::Slirp4netns(_) => &["lo", "tap0"],
            Network::Bridge
            | Network::Host
            | Network::Networks(_)
            | Network::Pasta(_)
            | Network::Container(_)
            | Network::Path(_) => &["eth0", "lo"],
        }
    }
}

/// Memory of all processes of one container, in bytes.
#[derive(Debug, Default)]
pub(super) struct Memory {
    limit: Option<u64>,
    used: AtomicU64,
    peak: AtomicU64,
}

impl Memory {
    /// Takes more. False when that is beyond the limit: somebody must die.
    pub(super) fn take(&self, bytes: u64) -> bool {
        let add = |used: u64| Some(used.saturating_add(bytes));
        let before = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).unwrap_or(u64::MAX);
        let used = before.saturating_add(bytes);
        self.peak.fetch_max(used, Ordering::Relaxed);
        self.limit.is_none_or(|limit| used <= limit)
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// What a container that the OOM killer ended has to show: the kernel gives nothing beyond the limit.
    pub(super) fn at_end(&self) -> MemoryAtEnd {
        let peak = self.limit.map_or(self.peak(), |limit| limit.min(self.peak()));
        MemoryAtEnd { limit: self.limit, peak: Some(peak) }
    }

    pub(super) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }
}
