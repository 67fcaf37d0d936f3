//! Where a process's output goes and its input comes from.

use super::logs::LogWriter;
use crate::domain::log::{LogChunk, Stream};
use crate::ports::ExecEvent;
use tokio::sync::mpsc;

/// Largest piece of output that is handed on at once: the size of a pipe's buffer.
const PIECE_BYTES: usize = 64 * 1024;

/// Standard output and error of a process.
#[derive(Debug, Clone)]
pub(super) enum Output {
    /// Of a container: kept in its log.
    Log(LogWriter),
    /// Of an exec session: handed to its caller, at the caller's pace.
    Session {
        events: mpsc::Sender<ExecEvent>,
        /// On a terminal there is one stream, and a newline returns the carriage.
        tty: bool,
    },
}

impl Output {
    /// Writes everything, waiting for a slow reader. Nobody there to read: the bytes are lost, as on a
    /// detached session.
    pub(super) async fn write(&self, stream: Stream, bytes: &[u8]) {
        match self {
            Self::Log(log) => log.append(stream, bytes),
            Self::Session { events, tty: false } => send(events, stream, bytes).await,
            Self::Session { events, tty: true } => send(events, Stream::Stdout, &with_returns(bytes)).await,
        }
    }

    pub(super) fn is_tty(&self) -> bool {
        matches!(self, Self::Session { tty: true, .. })
    }
}

async fn send(events: &mpsc::Sender<ExecEvent>, stream: Stream, bytes: &[u8]) {
    for piece in bytes.chunks(PIECE_BYTES) {
        let chunk = LogChunk { stream, bytes: piece.to_vec() };
        if events.send(ExecEvent::Output(chunk)).await.is_err() {
            return;
        }
    }
}

fn with_returns(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if *byte == b'\n' {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}

/// Standard input of a process.
#[derive(Debug)]
pub(super) enum Input {
    /// At its end from the beginning, as `/dev/null`.
    Empty,
    /// What the caller of a session writes; at its end when the caller closes it.
    Session(mpsc::Receiver<Vec<u8>>),
}

impl Input {
    /// The next bytes; `None` at the end. Cancel safe.
    pub(super) async fn read(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Empty => None,
            Self::Session(bytes) => bytes.recv().await,
        }
    }
}
