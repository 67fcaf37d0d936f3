//! The exit code that conmon leaves in a file, for when no service answers.
//!
//! conmon is told a directory (`--exit-dir`) and writes the code as text into a file named after the container, by way
//! of a rename, some 10 ms after the first process has ended. Podman takes it into its database and removes it when it
//! has cleaned up after the container, a tenth of a second later (4.3); what an earlier run left is removed before
//! another one starts.

use super::process;
use crate::domain::time::Timestamp;
use rustix::fs::{Mode, OFlags};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// More than any code needs.
const CODE_BYTES: u64 = 16;

/// How far the file may be older than the start that it ends: the service notes a start only after the OCI runtime has
/// returned, and a file system's clock is coarse.
const OLDER_NANOS: i64 = 5_000_000_000;

/// What conmon left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// 0 to 255; 128 + signal if one ended the program.
    pub code: i32,
    /// When it was written.
    pub at: Timestamp,
}

/// Where the conmon of container `id` at `pid` writes codes to: the same for all containers of a service.
pub fn dir_of(root: &Path, pid: u32, id: &str) -> Option<PathBuf> {
    let arguments = fs::read(root.join(format!("proc/{pid}/cmdline"))).ok()?;
    let mut arguments = arguments.split(|byte| *byte == 0).skip_while(|argument| *argument != b"--exit-dir");
    let dir = Path::new(std::ffi::OsStr::from_bytes(arguments.nth(1)?)).to_owned();
    (dir.is_absolute() && process::belongs_to(root, pid, id)).then_some(dir)
}

/// The code of container `id` in `dir`, if it is one of the run that began at `started_at`.
pub fn read(dir: &Path, id: &str, started_at: Timestamp) -> Option<Left> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file: File = rustix::fs::open(dir.join(id), flags, Mode::empty()).ok()?.into();
    let written = file.metadata().ok().filter(fs::Metadata::is_file)?;
    let at = written.mtime().checked_mul(1_000_000_000)?.checked_add(written.mtime_nsec())?;
    if at.saturating_add(OLDER_NANOS) < started_at.unix_nanos() {
        return None;
    }
    let mut text = String::new();
    file.take(CODE_BYTES).read_to_string(&mut text).ok()?;
    let code = text.trim().parse().ok().filter(|code| (0..=255).contains(code))?;
    Some(Left { code, at: Timestamp::from_unix_nanos(at) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLY: Timestamp = Timestamp::from_unix_nanos(1);

    #[test]
    fn codes_are_read_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        for (text, code) in
            [("0", Some(0)), ("137\n", Some(137)), ("", None), ("-1", None), ("256", None), ("x", None)]
        {
            fs::write(dir.path().join("id"), text).unwrap();
            assert_eq!(read(dir.path(), "id", EARLY).map(|left| left.code), code, "{text:?}");
        }
        assert_eq!(read(dir.path(), "other", EARLY), None);
        fs::write(dir.path().join("real"), "0").unwrap();
        std::os::unix::fs::symlink(dir.path().join("real"), dir.path().join("link")).unwrap();
        assert_eq!(read(dir.path(), "link", EARLY), None);
    }

    #[test]
    fn a_code_of_an_earlier_run_is_not_this_ones() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("id"), "3").unwrap();
        let at = read(dir.path(), "id", EARLY).unwrap().at;
        let after = |nanos: i64| Timestamp::from_unix_nanos(at.unix_nanos() + nanos);
        assert!(read(dir.path(), "id", after(OLDER_NANOS)).is_some());
        assert_eq!(read(dir.path(), "id", after(OLDER_NANOS + 1)), None);
    }

    #[test]
    fn the_directory_is_told_by_the_containers_own_conmon_only() {
        let (root, id) = (tempfile::tempdir().unwrap(), "ab".repeat(32));
        let conmon = |pid: u32, id: &str, dir: &str| {
            let place = root.path().join(format!("proc/{pid}"));
            fs::create_dir_all(&place).unwrap();
            fs::write(place.join("cmdline"), format!("conmon\0-c\0{id}\0--exit-dir\0{dir}\0-l\0x\0"))
                .unwrap();
        };
        conmon(7, &id, "/run/exits");
        conmon(8, &"cd".repeat(32), "/run/exits");
        conmon(9, &id, "relative");
        let dir = |pid| dir_of(root.path(), pid, &id);
        assert_eq!(dir(7), Some(PathBuf::from("/run/exits")));
        assert_eq!((dir(8), dir(9), dir(10)), (None, None, None));
    }
}
