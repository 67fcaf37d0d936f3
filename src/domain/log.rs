//! Output of a task on its way to the host's log files.
//!
//! [`K8sFile`] takes apart the file that conmon writes; the adapters bring its bytes and carry the result away.

use std::borrow::Cow;
use std::io::BufRead;
use std::mem;

/// One of the two output streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard output; everything, on a terminal.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Consecutive bytes of one stream, exactly as the task wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogChunk {
    /// Which stream.
    pub stream: Stream,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A position in a task's output that a later reader can go on from. Opaque outside the runtime that made it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogCursor {
    /// Which incarnation of the log; 0 for the first.
    pub generation: u64,
    /// Bytes into it.
    pub offset: u64,
}

/// Where to begin reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStart {
    /// The first byte the task wrote.
    Beginning,
    /// After what an earlier reader delivered.
    After(LogCursor),
    /// What is written from now on.
    Now,
}

/// Some output, and where to go on once it has been delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogBatch {
    /// In the order written; neighbours differ in their stream.
    pub chunks: Vec<LogChunk>,
    /// See [`LogCursor`].
    pub cursor: LogCursor,
    /// Bytes of the log that were given up before these, because nobody took them for too long.
    pub dropped: u64,
}

impl LogBatch {
    /// Adds bytes of one stream after all others.
    pub fn push(&mut self, stream: Stream, bytes: &[u8]) {
        match self.chunks.last_mut() {
            Some(last) if last.stream == stream => last.bytes.extend_from_slice(bytes),
            _ => self.chunks.push(LogChunk { stream, bytes: bytes.to_vec() }),
        }
    }

    /// Bytes of both streams.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.bytes.len()).sum()
    }

    /// Whether the task wrote nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All bytes of one stream.
    pub fn of(&self, stream: Stream) -> Cow<'_, [u8]> {
        let mut chunks = self.chunks.iter().filter(|chunk| chunk.stream == stream);
        match (chunks.next(), chunks.next()) {
            (None, _) => Cow::Borrowed(&[]),
            (Some(only), None) => Cow::Borrowed(&only.bytes),
            (Some(first), Some(second)) => {
                let mut bytes = [&*first.bytes, &second.bytes].concat();
                chunks.for_each(|chunk| bytes.extend_from_slice(&chunk.bytes));
                Cow::Owned(bytes)
            }
        }
    }
}

/// Length of the time that conmon writes before each record.
const TIME_BYTES: usize = 35;

/// Longest line that is kept while waiting for its end. conmon writes at most 8 KiB per record.
const LINE_BYTES: usize = 64 * 1024;

/// Takes apart a conmon `k8s-file` log, whatever the sizes of the pieces it arrives in.
///
/// A record is `TIME SP STREAM SP TAG SP TEXT LF`, where TAG `F` means that the task wrote a newline after TEXT
/// and `P` that it did not (Podman API facts, section 5). Bytes that are no record are counted and left out.
#[derive(Debug, Default)]
pub struct K8sFile {
    partial: Vec<u8>,
    skipping: bool,
    garbage_lines: u64,
}

impl K8sFile {
    /// Begins somewhere in the middle of a record, which is left out.
    pub fn in_a_record() -> Self {
        Self { skipping: true, ..Self::default() }
    }

    /// Lines so far that were no records.
    pub fn garbage_lines(&self) -> u64 {
        self.garbage_lines
    }

    /// Bytes held back because their line is not complete: a cursor must not pass them.
    pub fn held_bytes(&self) -> usize {
        self.partial.len()
    }

    /// Splits `bytes`, the next ones of the file, into `batch`.
    pub fn feed(&mut self, mut bytes: &[u8], batch: &mut LogBatch) {
        while let Some((line, rest)) = split_line(bytes) {
            self.line(line, batch);
            bytes = rest;
        }
        self.hold(bytes);
    }

    fn line(&mut self, line: &[u8], batch: &mut LogBatch) {
        if mem::take(&mut self.skipping) {
            self.partial.clear();
            return;
        }
        if self.partial.is_empty() {
            self.record(line, batch);
        } else {
            let mut whole = mem::take(&mut self.partial);
            whole.extend_from_slice(line);
            self.record(&whole, batch);
        }
    }

    fn hold(&mut self, bytes: &[u8]) {
        if self.skipping {
            return;
        }
        self.partial.extend_from_slice(bytes);
        if self.partial.len() > LINE_BYTES {
            self.partial = Vec::new();
            self.skipping = true;
            self.garbage_lines += 1;
        }
    }

    fn record(&mut self, line: &[u8], batch: &mut LogBatch) {
        match parse_record(line) {
            Some((stream, bytes)) => batch.push(stream, bytes),
            None => self.garbage_lines += 1,
        }
    }
}

/// The first line with its newline, and what follows it.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    // The standard library's only way to the C library's search, which takes 32 bytes at a time: half of what it costs
    // to take a log of short lines apart is to find their ends.
    let length = (&mut &*bytes).skip_until(b'\n').ok()?;
    let (line, rest) = bytes.split_at(length);
    (line.last() == Some(&b'\n')).then_some((line, rest))
}

/// Stream and payload of one record, which ends with a newline.
fn parse_record(line: &[u8]) -> Option<(Stream, &[u8])> {
    let (time, rest) = line.split_first_chunk::<TIME_BYTES>()?;
    // All of it at once: to look for the first one, byte by byte, was a fifth of the whole.
    if time.iter().fold(false, |found, byte| found | (*byte == b' ')) {
        return None;
    }
    let (stream, rest) = match rest {
        [b' ', b's', b't', b'd', b'o', b'u', b't', b' ', rest @ ..] => (Stream::Stdout, rest),
        [b' ', b's', b't', b'd', b'e', b'r', b'r', b' ', rest @ ..] => (Stream::Stderr, rest),
        _ => return None,
    };
    match rest {
        [b'F', b' ', text @ ..] => Some((stream, text)),
        [b'P', b' ', text @ .., b'\n'] => Some((stream, text)),
        _ => None,
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
