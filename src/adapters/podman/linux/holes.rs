//! Gives the disk back what a log file holds of output that is delivered, or given up, by punching a hole into it:
//! offsets stay as they are, and conmon goes on at the end.

use super::logopen;
use rustix::fs::{FallocateFlags, OFlags};
use std::io;
use std::path::Path;

/// Delivered output that stays, for a person with `podman logs`.
const KEPT_BYTES: u64 = 1 << 20;

/// A hole grows by at least this, so that a quiet log is never touched.
const STEP_BYTES: u64 = 1 << 20;

/// Holes begin and end at blocks of the usual file systems; others keep what is left of theirs.
const BLOCK_BYTES: u64 = 4096;

/// The hole at the beginning of one file.
#[derive(Debug, Default)]
pub struct Hole {
    /// Its end.
    end: u64,
    /// The file system or its owner said no, which does not change.
    refused: bool,
}

impl Hole {
    /// The hole's new end, if it pays to punch up to `delivered`. It counts as punched.
    pub fn grow(&mut self, delivered: u64) -> Option<u64> {
        let end = delivered.saturating_sub(KEPT_BYTES) / BLOCK_BYTES * BLOCK_BYTES;
        let pays = !self.refused && end >= self.end + STEP_BYTES;
        pays.then(|| {
            self.end = end;
            end
        })
    }

    /// Never again.
    pub fn refuse(&mut self, error: &io::Error) {
        self.refused = true;
        tracing::debug!(%error, "a log file keeps its size on disk");
    }
}

/// Punches the file at `path` up to `end`, if it is still the one of `generation`.
///
/// # Errors
/// It may not be written to, or its file system knows no holes.
pub fn punch(path: &Path, generation: u64, end: u64) -> io::Result<()> {
    let Some(file) = logopen::regular(path, OFlags::WRONLY)? else { return Ok(()) };
    if logopen::generation(&file)? == generation {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        rustix::fs::fallocate(&file, flags, 0, end)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_grows_in_steps_behind_what_is_kept() {
        let mut hole = Hole::default();
        assert_eq!(hole.grow(KEPT_BYTES + STEP_BYTES - 1), None);
        assert_eq!(hole.grow(KEPT_BYTES + STEP_BYTES + 5), Some(STEP_BYTES));
        assert_eq!(hole.grow(KEPT_BYTES + STEP_BYTES + 6), None);
        assert_eq!(hole.grow(KEPT_BYTES + 3 * STEP_BYTES), Some(3 * STEP_BYTES));
        hole.refuse(&io::ErrorKind::Unsupported.into());
        assert_eq!(hole.grow(1 << 40), None);
    }

    #[test]
    fn only_the_file_that_was_read_is_punched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, "x".repeat(10_000)).unwrap();
        let generation = logopen::generation(&std::fs::File::open(&path).unwrap()).unwrap();
        punch(&path, generation ^ 1, 8192).unwrap();
        assert!(!std::fs::read(&path).unwrap().contains(&0));
        punch(&path, generation, 8192).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(
            bytes[..8192].iter().all(|byte| *byte == 0) && bytes[8192..].iter().all(|byte| *byte == b'x')
        );
        assert_eq!(bytes.len(), 10_000);
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(punch(&link, generation, 8192).is_err());
        punch(&dir.path().join("gone"), generation, 8192).unwrap();
    }
}
