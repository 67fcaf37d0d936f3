//! The end of what a container wrote to one stream, from the file that conmon appends to.

use crate::domain::last_words::LAST_WORDS_BYTES;
use crate::domain::log::{K8sFile, LogBatch, Stream};
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes at the end of the file that are looked at: a record has at least 45 bytes beside its text, and the other
/// stream is in the same file.
const TAIL_BYTES: u64 = 64 * 1024;

/// The last [`LAST_WORDS_BYTES`] of `stream`, as far as they are in the last records of the file. Where the file's space
/// has been given back they are missing.
///
/// # Errors
/// It cannot be opened or is no regular file: see [`super::logfile`] for why nothing else is read.
pub fn tail(path: &Path, stream: Stream) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file: File = rustix::fs::open(path, flags, Mode::empty())?.into();
    let seen = file.metadata()?;
    if !seen.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let from = seen.len().saturating_sub(TAIL_BYTES);
    let mut bytes = vec![0; usize::try_from(seen.len() - from).unwrap_or(0)];
    let length = file.read_at(&mut bytes, from)?;
    let records = whole_records(&bytes[..length], from > 0);
    Ok(of_stream(records, stream))
}

/// Without what is left of a record whose beginning lies before.
fn whole_records(bytes: &[u8], is_cut: bool) -> &[u8] {
    let first = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
    if is_cut { &bytes[first..] } else { bytes }
}

fn of_stream(records: &[u8], stream: Stream) -> Vec<u8> {
    let mut batch = LogBatch::default();
    K8sFile::default().feed(records, &mut batch);
    let chunks = batch.chunks.into_iter().filter(|chunk| chunk.stream == stream);
    let mut text: Vec<u8> = chunks.flat_map(|chunk| chunk.bytes).collect();
    text.drain(..text.len().saturating_sub(LAST_WORDS_BYTES));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const TIME: &str = "2026-11-23T19:53:33.513310562+00:00";

    fn log(records: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), records).unwrap();
        file
    }

    #[test]
    fn one_stream_is_told_from_the_other() {
        let file = log(&format!("{TIME} stdout F out\n{TIME} stderr P part\n{TIME} stderr F ial\n"));
        assert_eq!(tail(file.path(), Stream::Stderr).unwrap(), b"partial\n");
        assert_eq!(tail(file.path(), Stream::Stdout).unwrap(), b"out\n");
    }

    #[test]
    fn of_a_long_log_only_the_end_is_read_and_no_record_is_cut() {
        let records: String = (0..20_000).map(|n| format!("{TIME} stderr F line {n}\n")).collect();
        let text = String::from_utf8(tail(log(&records).path(), Stream::Stderr).unwrap()).unwrap();
        assert!(text.len() <= LAST_WORDS_BYTES && text.ends_with("line 19998\nline 19999\n"), "{text}");
    }

    #[test]
    fn garbage_and_holes_are_no_words() {
        let file = log(&format!("{}\ngarbage\n{TIME} stderr F words\n", "\0".repeat(9000)));
        assert_eq!(tail(file.path(), Stream::Stderr).unwrap(), b"words\n");
    }

    #[test]
    fn what_is_no_file_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (log("x"), dir.path().join("ctr.log"));
        std::os::unix::fs::symlink(real.path(), &link).unwrap();
        assert!(tail(&link, Stream::Stderr).is_err());
        assert!(tail(dir.path(), Stream::Stderr).is_err());
        assert!(tail(&dir.path().join("none"), Stream::Stderr).is_err());
    }
}
