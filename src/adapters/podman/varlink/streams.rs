//! Which of a command's bytes are of standard error: Podman 1 sends both streams as one, and conmon keeps them apart in
//! a log beside.
//!
//! conmon writes to the log before it hands the bytes on, so whatever has arrived is in it. The bytes themselves are
//! always those that were sent: a log that does not fit them, such as one that was cut at its size, tells nothing more.

use crate::domain::log::{K8sFile, LogBatch, LogChunk, Stream};
use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Bytes of a read; conmon's records have 8 KiB at most.
const READ_BYTES: usize = 64 * 1024;

/// What is known of one command's output.
#[derive(Debug)]
pub struct Streams {
    /// `None` once it does not fit any more.
    log: Option<File>,
    offset: u64,
    split: K8sFile,
    /// Read and not yet arrived.
    ahead: VecDeque<LogChunk>,
}

impl Streams {
    /// As `log` tells it, from its beginning; without one everything is standard output.
    pub fn new(log: Option<File>) -> Self {
        Self { log, offset: 0, split: K8sFile::default(), ahead: VecDeque::new() }
    }

    /// `bytes`, which are the next that have arrived, by stream.
    pub fn tell(&mut self, mut bytes: &[u8]) -> Vec<LogChunk> {
        let mut told = LogBatch::default();
        while !bytes.is_empty() {
            let Some((stream, length)) = self.next(bytes) else {
                (self.log, self.ahead) = (None, VecDeque::new());
                told.push(Stream::Stdout, bytes);
                break;
            };
            let (piece, rest) = bytes.split_at(length);
            told.push(stream, piece);
            bytes = rest;
        }
        told.chunks
    }

    /// Stream and length of the first piece of `bytes`; `None` if the log does not tell.
    fn next(&mut self, bytes: &[u8]) -> Option<(Stream, usize)> {
        if self.ahead.is_empty() {
            self.read()?;
        }
        let first = self.ahead.front_mut()?;
        let length = first.bytes.len().min(bytes.len());
        let rest = first.bytes.split_off(length);
        let (stream, fits) = (first.stream, first.bytes == bytes[..length]);
        first.bytes = rest;
        if first.bytes.is_empty() {
            self.ahead.pop_front();
        }
        fits.then_some((stream, length))
    }

    /// The next part of the log that tells something. It has just been written, so no disk is waited for.
    fn read(&mut self) -> Option<()> {
        let log = self.log.as_ref()?;
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let length = log.read_at(&mut buffer, self.offset).ok().filter(|length| *length > 0)?;
            self.offset += length as u64;
            let mut batch = LogBatch::default();
            self.split.feed(&buffer[..length], &mut batch);
            let told = batch.chunks.into_iter().filter(|chunk| !chunk.bytes.is_empty());
            self.ahead.extend(told);
            if !self.ahead.is_empty() {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const TIME: &str = "2026-11-24T00:00:02.181352878+00:00";

    fn chunk(stream: Stream, text: &str) -> LogChunk {
        LogChunk { stream, bytes: text.into() }
    }

    fn log(text: &str) -> (File, Streams) {
        let file = tempfile::tempfile().unwrap();
        let mut log = file.try_clone().unwrap();
        log.write_all(text.replace('@', TIME).as_bytes()).unwrap();
        (log, Streams::new(Some(file)))
    }

    #[test]
    fn both_streams_are_told_apart_however_the_bytes_arrive() {
        let (mut log, mut streams) = log("@ stdout F out\n@ stderr P er");
        assert_eq!(streams.tell(b"ou"), [chunk(Stream::Stdout, "ou")]);
        log.write_all(b"r\n").unwrap();
        assert_eq!(streams.tell(b"t\nerr"), [chunk(Stream::Stdout, "t\n"), chunk(Stream::Stderr, "err")]);
        log.write_all(format!("{TIME} stdout P end\n").as_bytes()).unwrap();
        assert_eq!(streams.tell(b"end"), [chunk(Stream::Stdout, "end")]);
    }

    #[test]
    fn no_byte_is_lost_to_a_log_that_does_not_fit() {
        for text in ["", "garbage\n", "@ stderr F of another\n", "@ stderr F a"] {
            let (_log, mut streams) = log(text);
            assert_eq!(streams.tell(b"a\nb"), [chunk(Stream::Stdout, "a\nb")], "{text:?}");
        }
        let (_log, mut streams) = log("@ stderr P a\n");
        assert_eq!(streams.tell(b"ab"), [chunk(Stream::Stderr, "a"), chunk(Stream::Stdout, "b")]);
        assert_eq!(Streams::new(None).tell(b"a"), [chunk(Stream::Stdout, "a")]);
    }
}
