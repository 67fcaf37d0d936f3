//! The plugin's Unix socket: made private before anyone can connect, and removed when the plugin ends.

use std::{
    fs, io,
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::{Path, PathBuf},
    process,
};

use rustix::{
    fs::Gid,
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType},
    rand::GetRandomFlags,
};

use super::handshake::SocketPlace;

/// Linux: `sun_path` holds 108 bytes, the last of them NUL.
const PATH_BYTES_MAX: usize = 107;
/// Connections that may wait for `accept`. The host makes one; a reattaching one probes first.
const BACKLOG: i32 = 128;
/// Where a group's name is looked up. Groups of other sources (LDAP, systemd) need their number.
const GROUP_FILE: &str = "/etc/group";

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The path does not fit into a socket address.
    #[error(
        "cannot listen on {path:?}: the path has {} bytes, {PATH_BYTES_MAX} fit; set a shorter TMPDIR or \
         PLUGIN_UNIX_SOCKET_DIR",
        .path.as_os_str().len()
    )]
    PathTooLong {
        /// The socket's path.
        path: PathBuf,
    },
    /// `PLUGIN_UNIX_SOCKET_GROUP` names a group that does not exist.
    #[error(
        "cannot give the socket to the group {name:?}: not in {GROUP_FILE}; a number works without an entry"
    )]
    NoSuchGroup {
        /// As the host gave it.
        name: String,
    },
    /// The system said no.
    #[error("cannot {operation} {path:?}: {source}")]
    System {
        /// What was tried.
        operation: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
}

/// A socket's file. It goes when this is dropped.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
}

impl SocketFile {
    /// The absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Nobody is left to tell: a stale file is harmless, its name is never used again.
        let _ = fs::remove_file(&self.path);
    }
}

/// Listens on a new socket in the given place, non-blocking and closed on exec. Only the owner may connect,
/// or also the group that the place names.
///
/// Nomad plugin protocol: the host connects as soon as it reads the handshake line and does not try twice, so
/// this comes first. The file outlives a SIGKILL of ours, hence a name of this process alone.
///
/// # Errors
/// The path is too long, the group does not exist, or the system refuses.
pub fn listen(place: &SocketPlace) -> Result<(UnixListener, SocketFile), ListenError> {
    let group = place.group.as_deref().map(find_group).transpose()?;
    let path = new_path(&place.dir)?;
    let failed = |operation| {
        let path = path.clone();
        move |source: rustix::io::Errno| ListenError::System { operation, path, source: source.into() }
    };

    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
        .map_err(failed("open a socket for"))?;
    let address = SocketAddrUnix::new(&path).map_err(failed("address"))?;
    rustix::net::bind(&socket, &address).map_err(failed("bind"))?;
    let file = SocketFile { path: path.clone() };
    restrict(&path, group)?;
    rustix::net::listen(&socket, BACKLOG).map_err(failed("listen on"))?;
    Ok((UnixListener::from(socket), file))
}

/// Sets owner and mode. Until `listen`, a connection is refused whatever the umask made of the mode.
fn restrict(path: &Path, group: Option<Gid>) -> Result<(), ListenError> {
    let system = |operation, source| ListenError::System { operation, path: path.to_owned(), source };
    let mode = if group.is_some() { 0o660 } else { 0o600 };
    if group.is_some() {
        rustix::fs::chown(path, None, group).map_err(|errno| system("change the group of", errno.into()))?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|source| system("change the mode of", source))
}

/// An absolute path, because a host that reattaches may run in another directory.
fn new_path(dir: &Path) -> Result<PathBuf, ListenError> {
    let system = |operation, source| ListenError::System { operation, path: dir.to_owned(), source };
    let mut random = [0; 8];
    rustix::rand::getrandom(&mut random, GetRandomFlags::empty())
        .map_err(|errno| system("choose a socket name in", errno.into()))?;
    let name = format!("podman-{}-{:016x}", process::id(), u64::from_ne_bytes(random));
    let path = std::path::absolute(dir.join(name)).map_err(|source| system("resolve", source))?;
    if path.as_os_str().len() > PATH_BYTES_MAX {
        return Err(ListenError::PathTooLong { path });
    }
    Ok(path)
}

fn find_group(name: &str) -> Result<Gid, ListenError> {
    if let Some(gid) = parse_gid(name) {
        return Ok(gid);
    }
    let groups = fs::read_to_string(GROUP_FILE).map_err(|source| ListenError::System {
        operation: "read",
        path: GROUP_FILE.into(),
        source,
    })?;
    group_in(&groups, name).ok_or_else(|| ListenError::NoSuchGroup { name: name.to_owned() })
}

/// `name:password:gid:members` per line.
fn group_in(groups: &str, name: &str) -> Option<Gid> {
    let mut entries = groups.lines().map(|line| line.split(':'));
    let mut entry = entries.find_map(|mut entry| (entry.next() == Some(name)).then_some(entry))?;
    parse_gid(entry.nth(1)?)
}

/// All ones means "leave it" to chown and is nobody's number.
fn parse_gid(number: &str) -> Option<Gid> {
    number.parse().ok().filter(|&gid| gid != u32::MAX).map(Gid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::{fs::MetadataExt, net::UnixStream};

    fn place(dir: &Path) -> SocketPlace {
        SocketPlace { dir: dir.to_owned(), group: None }
    }

    #[test]
    fn a_connection_before_the_first_accept_waits_in_the_backlog() {
        let dir = tempfile::tempdir().unwrap();
        let (_listener, file) = listen(&place(dir.path())).unwrap();
        UnixStream::connect(file.path()).unwrap();
    }

    #[test]
    fn the_file_is_private_and_goes_with_its_guard() {
        let dir = tempfile::tempdir().unwrap();
        let (_listener, file) = listen(&place(dir.path())).unwrap();
        assert_eq!(fs::metadata(file.path()).unwrap().mode() & 0o777, 0o600);
        let path = file.path().to_owned();
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn instances_do_not_share_a_name() {
        let dir = tempfile::tempdir().unwrap();
        let (_one, first) = listen(&place(dir.path())).unwrap();
        let (_two, second) = listen(&place(dir.path())).unwrap();
        assert_ne!(first.path(), second.path());
    }

    #[test]
    fn the_group_gets_access() {
        let dir = tempfile::tempdir().unwrap();
        let gid = rustix::process::getgid().as_raw();
        let place = SocketPlace { dir: dir.path().to_owned(), group: Some(gid.to_string()) };
        let (_listener, file) = listen(&place).unwrap();
        let meta = fs::metadata(file.path()).unwrap();
        assert_eq!((meta.mode() & 0o777, meta.gid()), (0o660, gid));
    }

    #[test]
    fn an_unknown_group_leaves_no_file_behind() {
        let dir = tempfile::tempdir().unwrap();
        let place = SocketPlace { dir: dir.path().to_owned(), group: Some("no such group".into()) };
        assert!(matches!(listen(&place), Err(ListenError::NoSuchGroup { .. })));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_long_directory_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let long = dir.path().join("d".repeat(PATH_BYTES_MAX));
        assert!(matches!(listen(&place(&long)), Err(ListenError::PathTooLong { .. })));
    }

    #[test]
    fn a_missing_directory_is_named() {
        let error = listen(&place(Path::new("/nonexistent"))).unwrap_err().to_string();
        assert!(error.starts_with("cannot bind \"/nonexistent/podman-"), "{error}");
    }

    #[test]
    fn groups_are_found_by_their_first_field() {
        let groups = "root:x:0:\npodman:x:996:root,podman\nbroken\n";
        assert_eq!(group_in(groups, "podman").map(Gid::as_raw), Some(996));
        assert_eq!(group_in(groups, "broken"), None);
        assert_eq!(group_in(groups, "x"), None);
    }

    #[test]
    fn the_socket_does_not_leak_into_children() {
        let dir = tempfile::tempdir().unwrap();
        let (listener, _file) = listen(&place(dir.path())).unwrap();
        assert!(rustix::io::fcntl_getfd(&listener).unwrap().contains(rustix::io::FdFlags::CLOEXEC));
    }
}
