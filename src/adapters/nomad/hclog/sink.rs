//! The way to the host: a pipe that may be full, or have nobody at the other end.

use std::{io::Write, os::fd::AsFd};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

/// How long a line waits for a host that has stopped reading. Only the first line of a standstill does.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
const NO_PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// Writes lines, or drops and counts them: a host that does not read its logs must not stop the driver.
///
/// Nomad plugin protocol: after the agent was killed the pipe is broken for the rest of the plugin's life.
pub(super) struct Sink<W> {
    out: W,
    stalled: bool,
    dropped: u64,
}

impl<W: Write + AsFd> Sink<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, stalled: false, dropped: 0 }
    }

    /// Writes a line that ends in a line feed, whole, or counts it as dropped.
    pub(super) fn send(&mut self, line: &str) {
        let patience = if self.stalled { NO_PATIENCE } else { PATIENCE };
        let sent = writable(&self.out, &patience) && self.out.write_all(line.as_bytes()).is_ok();
        self.stalled = !sent;
        self.dropped += u64::from(!sent);
    }

    /// How many lines were lost before the last one that was written; counts afresh.
    pub(super) fn take_dropped(&mut self) -> u64 {
        if self.stalled { 0 } else { std::mem::take(&mut self.dropped) }
    }
}

/// Whether a write would not block. A broken pipe is not writable.
fn writable(out: &impl AsFd, patience: &Timespec) -> bool {
    let mut fds = [PollFd::new(out, PollFlags::OUT)];
    let polled = loop {
        match poll(&mut fds, Some(patience)) {
            Err(Errno::INTR) => {}
            other => break other,
        }
    };
    let [fd] = fds;
    polled.is_ok() && fd.revents() == PollFlags::OUT
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, pipe};

    #[test]
    fn a_full_pipe_drops_lines_and_counts_them() {
        let (mut reader, writer) = pipe().unwrap();
        let mut sink = Sink::new(writer);
        let line = format!("{}\n", "x".repeat(4095));
        for _ in 0..100 {
            sink.send(&line);
        }
        assert!(sink.stalled && sink.dropped > 0);
        assert_eq!(sink.take_dropped(), 0, "not before a line gets through");

        let lost = sink.dropped;
        reader.read_exact(&mut vec![0; 3 * 4096]).unwrap();
        sink.send(&line);
        assert_eq!(sink.take_dropped(), lost);
        assert_eq!(sink.take_dropped(), 0);
    }

    #[test]
    fn a_broken_pipe_is_no_error() {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let mut sink = Sink::new(writer);
        sink.send("lost\n");
        assert_eq!(sink.dropped, 1);
    }
}
