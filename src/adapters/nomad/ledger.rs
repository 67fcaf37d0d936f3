//! How far each container's log has been delivered, one small file per container, in memory (`/run`).
//!
//! A note is one write of 48 bytes that the kernel has when it returns: it survives us, and need not survive the
//! machine. Layout, all numbers little-endian: `NDPMARK1`, generation, offset, bytes of standard output, bytes of
//! standard error, and the exclusive or of the five before.

use crate::domain::delivery::LogMark;
use crate::domain::log::LogCursor;
use crate::domain::task::identity::ContainerId;
use crate::ports::LogLedger;
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const MAGIC: u64 = u64::from_le_bytes(*b"NDPMARK1");
const WORDS: usize = 6;
const BYTES: usize = WORDS * 8;

/// The ledger of one container.
pub struct FileLedger {
    path: PathBuf,
    /// Opened by the first note.
    file: Option<File>,
    /// Noting failed and was told.
    failed: bool,
}

impl FileLedger {
    /// The ledger of `container` in `dir`; `None` for an id that is no name of a file.
    pub fn new(dir: &Path, container: &ContainerId) -> Option<Self> {
        let id = container.as_str();
        let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        plain.then(|| Self { path: dir.join(format!("{id}.mark")), file: None, failed: false })
    }

    fn write(&mut self, mark: &LogMark) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                rustix::fs::open(&self.path, flags, Mode::RUSR | Mode::WUSR)?.into()
            }
        };
        file.write_all_at(&encode(mark), 0)?;
        self.file = Some(file);
        Ok(())
    }
}

impl LogLedger for FileLedger {
    fn recall(&self) -> Option<LogMark> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(&self.path, flags, Mode::empty()).ok()?);
        let mut bytes = [0; BYTES];
        file.read_exact_at(&mut bytes, 0).ok()?;
        decode(&bytes)
    }

    fn note(&mut self, mark: &LogMark) {
        if let Err(error) = self.write(mark)
            && !self.failed
        {
            self.failed = true;
            tracing::warn!(path = %self.path.display(), %error, "cannot note how far a log has been delivered");
        }
    }

    fn forget(&mut self) {
        self.file = None;
        // It may never have been made.
        drop(std::fs::remove_file(&self.path));
    }
}

fn encode(mark: &LogMark) -> [u8; BYTES] {
    let LogMark { cursor: LogCursor { generation, offset }, stdout, stderr } = *mark;
    let words = [MAGIC, generation, offset, stdout, stderr, MAGIC ^ generation ^ offset ^ stdout ^ stderr];
    let mut bytes = [0; BYTES];
    bytes.chunks_exact_mut(8).zip(words).for_each(|(at, word)| at.copy_from_slice(&word.to_le_bytes()));
    bytes
}

/// `None` for what we did not write.
fn decode(bytes: &[u8; BYTES]) -> Option<LogMark> {
    let mut words = [0; WORDS];
    for (word, at) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = u64::from_le_bytes(at.try_into().ok()?);
    }
    let [magic, generation, offset, stdout, stderr, sum] = words;
    let sound = magic == MAGIC && sum == magic ^ generation ^ offset ^ stdout ^ stderr;
    sound.then_some(LogMark { cursor: LogCursor { generation, offset }, stdout, stderr })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: LogMark =
        LogMark { cursor: LogCursor { generation: u64::MAX, offset: 12_345 }, stdout: 7, stderr: 1 << 40 };

    fn ledger(dir: &Path) -> FileLedger {
        FileLedger::new(dir, &ContainerId::new("c0ffee")).unwrap()
    }

    #[test]
    fn another_process_reads_what_was_noted_last_until_it_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = ledger(dir.path());
        assert_eq!(first.recall(), None);
        first.note(&LogMark::default());
        first.note(&MARK);
        let mut second = ledger(dir.path());
        assert_eq!(second.recall(), Some(MARK));
        second.forget();
        assert_eq!(ledger(dir.path()).recall(), None);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_is_not_ours_says_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        for bytes in [
            &b""[..],
            &[0; BYTES],
            &encode(&MARK)[..BYTES - 1],
            b"garbage that is long enough to be a mark of us",
        ] {
            std::fs::write(&ledger.path, bytes).unwrap();
            assert_eq!(ledger.recall(), None);
        }
        let mut flipped = encode(&MARK);
        flipped[17] ^= 1;
        assert_eq!(decode(&flipped), None);
    }

    #[test]
    fn an_id_that_is_a_path_has_no_ledger() {
        for id in ["", "../escape", "a/b", "a.mark"] {
            assert!(FileLedger::new(Path::new("/run"), &ContainerId::new(id)).is_none(), "{id}");
        }
    }

    #[test]
    fn a_symlink_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        std::fs::write(&target, "untouched").unwrap();
        let mut ledger = ledger(dir.path());
        std::os::unix::fs::symlink(&target, &ledger.path).unwrap();
        ledger.note(&MARK);
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "untouched");
    }
}
