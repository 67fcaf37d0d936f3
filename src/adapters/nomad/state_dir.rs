//! The directory for what must outlive this process but not the machine: how far logs have got, and the keeper's
//! socket.

use super::handshake::Env;
use rustix::fs::{CWD, Mode, OFlags, mkdirat};
use rustix::io::Errno;
use std::io;
use std::path::{Path, PathBuf};

/// Names another directory; its parent must exist.
pub const VARIABLE: &str = "NOMAD_DRIVER_PODMAN_STATE_DIR";

const NAME: &str = "nomad-driver-podman";

/// Where it is: as the environment says, else `/run/nomad-driver-podman` for root, else the same under
/// `$XDG_RUNTIME_DIR`; `None` if there is none of these.
pub fn place(env: Env<'_>) -> Option<PathBuf> {
    if let Some(given) = env(VARIABLE).filter(|given| !given.is_empty()) {
        return Some(given.into());
    }
    if rustix::process::geteuid().is_root() {
        return Some(Path::new("/run").join(NAME));
    }
    env("XDG_RUNTIME_DIR").filter(|dir| !dir.is_empty()).map(|dir| Path::new(&dir).join(NAME))
}

/// The directory, ready for use.
///
/// # Errors
/// There is no place for it, or none that is ours alone.
pub fn find(env: Env<'_>) -> io::Result<PathBuf> {
    let dir = place(env).ok_or_else(|| io::Error::other("XDG_RUNTIME_DIR is not set"))?;
    match prepare(&dir) {
        Ok(()) => Ok(dir),
        Err(error) => Err(io::Error::new(error.kind(), format!("{}: {error}", dir.display()))),
    }
}

/// Makes it if need be. Nobody else may enter it, or have made it for us.
///
/// # Errors
/// It cannot be made, is a symlink, or is open to others.
fn prepare(dir: &Path) -> io::Result<()> {
    match mkdirat(CWD, dir, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let opened = rustix::fs::open(
        dir,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let stat = rustix::fs::fstat(&opened)?;
    let private = stat.st_mode & 0o077 == 0 && stat.st_uid == rustix::process::geteuid().as_raw();
    if private { Ok(()) } else { Err(io::Error::other("it belongs to or is open to others")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn the_environment_decides_first() {
        let env = |name: &str| (name == VARIABLE).then(|| OsString::from("/elsewhere"));
        assert_eq!(place(&env), Some("/elsewhere".into()));
        let empty = |name: &str| (name == VARIABLE).then(OsString::new);
        assert_ne!(place(&empty), Some(PathBuf::new()));
    }

    #[test]
    fn a_fresh_one_is_private_and_one_of_others_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("state");
        prepare(&dir).unwrap();
        assert_eq!(std::fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
        prepare(&dir).unwrap();
        let link = root.path().join("link");
        symlink(&dir, &link).unwrap();
        assert!(prepare(&link).is_err());
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(prepare(&dir).is_err());
        assert!(prepare(&root.path().join("no/parent")).is_err());
    }
}
