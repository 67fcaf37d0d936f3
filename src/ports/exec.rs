//! A running exec session.

use super::error::RuntimeError;
use crate::domain::container::exec::TerminalSize;
use crate::domain::log::LogChunk;
use async_trait::async_trait;
use futures_util::stream::BoxStream;

/// What a session tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecEvent {
    /// Bytes of one stream; on a terminal everything is standard output.
    Output(LogChunk),
    /// It has ended with this code; always the last event. 127 for a program that does not exist, 126 for one
    /// that cannot be run.
    Exited(i32),
}

/// The caller's side of a session.
#[async_trait]
pub trait ExecControl: Send {
    /// Feeds standard input. Waits while the program does not read.
    ///
    /// # Errors
    /// `WrongState` once the session has ended or its input is closed: harmless.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), RuntimeError>;

    /// Ends standard input: the program reads end-of-file. Idempotent.
    async fn close_stdin(&mut self) -> Result<(), RuntimeError>;

    /// Tells the terminal's size. A no-op without a terminal or for a size of zero.
    async fn resize(&mut self, size: TerminalSize) -> Result<(), RuntimeError>;

    /// Ends the program with SIGKILL, and what it has started: its descendants, but for daemons that have left it. A
    /// no-op once it has ended.
    ///
    /// # Errors
    /// `Unsupported` where it cannot be told from other processes for sure.
    async fn kill(&mut self) -> Result<(), RuntimeError>;
}

/// A session: drop both halves to detach, which leaves the program running.
pub struct ExecSession {
    /// See [`ExecControl`].
    pub control: Box<dyn ExecControl>,
    /// Every output byte in order, then [`ExecEvent::Exited`]; or an error, which is the last item.
    pub events: BoxStream<'static, Result<ExecEvent, RuntimeError>>,
}
