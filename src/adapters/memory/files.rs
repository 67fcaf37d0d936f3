//! The file system of a container: binds are the host's own directories, the rest is kept in memory.

use super::locked;
use crate::domain::container::ContainerSpec;
use crate::domain::container::spec::{Mount, MountSource};
use crate::domain::mapped::Mapped;
use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

/// Largest file of the host that is read: simulated programs look at small ones.
const FILE_BYTES: u64 = 1024 * 1024;

const ENOENT: i32 = 2;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;

/// See the module.
#[derive(Debug)]
pub(super) struct Files {
    mounts: Vec<Mount>,
    /// The image's own files cannot be changed.
    read_only: bool,
    /// By absolute path.
    written: Mutex<BTreeMap<String, Vec<u8>>>,
}

/// Where a path leads.
enum Place<'a> {
    Host { path: PathBuf, read_only: bool },
    Memory { mount: Option<&'a Mount> },
}

impl Files {
    /// The files of a new container: those that every runtime writes into `/etc`.
    pub(super) fn new(spec: &ContainerSpec, hostname: &str) -> Self {
        let mut hosts = String::from("127.0.0.1\tlocalhost\n");
        for (address, name) in &spec.hosts {
            hosts.push_str(&format!("{address}\t{name}\n"));
        }
        hosts.push_str(&format!("127.0.0.1\t{hostname} {}\n", spec.name));
        let written = [
            ("/etc/hosts".to_owned(), hosts.into_bytes()),
            ("/etc/hostname".to_owned(), format!("{hostname}\n").into_bytes()),
        ];
        let written = written.into_iter().mapped();
        Self { mounts: spec.mounts.clone(), read_only: spec.security.read_only, written: Mutex::new(written) }
    }

    /// Empties what is in memory only while the container runs.
    pub(super) fn clear_memory_mounts(&self) {
        locked(&self.written).retain(|path, _| match self.mount_of(path) {
            Some(mount) => mount.source != MountSource::Tmpfs,
            None => true,
        });
    }

    /// # Errors
    /// As the kernel has it.
    pub(super) fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match self.place(path)? {
            Place::Host { path, .. } => read_host(&path),
            Place::Memory { .. } => locked(&self.written).get(path).cloned().ok_or_else(not_found),
        }
    }

    /// # Errors
    /// As the kernel has it.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        match self.place(path)? {
            Place::Host { read_only: true, .. } => Err(read_only()),
            Place::Memory { mount: Some(mount) } if is_read_only(mount) => Err(read_only()),
            Place::Memory { mount: None } if self.read_only && !is_volatile(path) => Err(read_only()),
            Place::Host { path, .. } => write_host(&path, bytes),
            Place::Memory { mount } => self.keep(path, bytes, mount.and_then(size)),
        }
    }

    /// Keeps a file, within the size of the tmpfs it is on.
    fn keep(&self, path: &str, bytes: &[u8], size: Option<u64>) -> io::Result<()> {
        let mut written = locked(&self.written);
        let same_mount = |other: &str| other != path && self.mount_of(other) == self.mount_of(path);
        let others = written.iter().filter(|(other, _)| same_mount(other));
        let used: usize = others.map(|(_, bytes)| bytes.len()).sum();
        if size.is_some_and(|size| (used + bytes.len()) as u64 > size) {
            return Err(io::Error::from_raw_os_error(ENOSPC));
        }
        written.insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }

    /// The type of the file system mounted at exactly this path.
    pub(super) fn mount_type(&self, path: &str) -> Option<&'static str> {
        let mount = self.mounts.iter().rfind(|mount| mount.target == path)?;
        Some(match mount.source {
            MountSource::Tmpfs => "tmpfs",
            MountSource::Bind(_) => "bind",
            MountSource::Volume(_) => "volume",
        })
    }

    fn place(&self, path: &str) -> io::Result<Place<'_>> {
        // A way out of a mount by text does not exist here.
        if !path.starts_with('/') || Path::new(path).components().any(|part| part == Component::ParentDir) {
            return Err(not_found());
        }
        let mount = self.mount_of(path);
        let Some((source, mount)) = mount.and_then(|mount| Some((bound(mount)?, mount))) else {
            return Ok(Place::Memory { mount });
        };
        let below = Path::new(path).strip_prefix(&mount.target).unwrap_or(Path::new(""));
        // Joined with nothing, a path would get a slash at its end, which a file cannot have.
        let path = Path::new(source).components().chain(below.components()).collect();
        Ok(Place::Host { path, read_only: is_read_only(mount) })
    }

    /// The innermost mount that holds the path.
    fn mount_of(&self, path: &str) -> Option<&Mount> {
        let holding = self.mounts.iter().filter(|mount| Path::new(path).starts_with(&mount.target));
        holding.max_by_key(|mount| mount.target.len())
    }
}

/// The first bind source that the host does not have.
pub(super) fn missing_source(spec: &ContainerSpec) -> Option<&str> {
    let sources = spec.mounts.iter().filter_map(bound);
    sources.into_iter().find(|source| std::fs::metadata(source).is_err())
}

fn bound(mount: &Mount) -> Option<&str> {
    match &mount.source {
        MountSource::Bind(path) => Some(path),
        MountSource::Tmpfs | MountSource::Volume(_) => None,
    }
}

/// Where there is memory over a root that cannot be changed.
fn is_volatile(path: &str) -> bool {
    Path::new(path).starts_with("/dev")
}

fn is_read_only(mount: &Mount) -> bool {
    mount.options.iter().any(|option| option == "ro")
}

/// `size=64m` of a tmpfs, in bytes; `None` for no limit, or one that the kernel would not take either.
fn size(mount: &Mount) -> Option<u64> {
    let text = mount.options.iter().find_map(|option| option.strip_prefix("size="))?;
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "" => 1,
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// Ordinary files only: a FIFO would block the executor, a link may lead out of the mount.
fn read_host(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = std::fs::symlink_metadata(path)?;
    if !metadata.is_file() || metadata.len() > FILE_BYTES {
        return Err(io::Error::other("not a small file: a simulated program cannot read it"));
    }
    std::fs::read(path)
}

/// See [`read_host`].
fn write_host(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(io::Error::other("not an ordinary file")),
        _ => std::fs::write(path, bytes),
    }
}

fn not_found() -> io::Error {
    io::Error::from_raw_os_error(ENOENT)
}

fn read_only() -> io::Error {
    io::Error::from_raw_os_error(EROFS)
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
