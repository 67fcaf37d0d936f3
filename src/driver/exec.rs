//! ExecTask and ExecTaskStreaming.

use super::Driver;
use super::error::DriverError;
use super::owner::OwnerRef;
use crate::domain::container::ExecSpec;
use crate::domain::limits::EXEC_OUTPUT_BYTES;
use crate::domain::log::{LogChunk, Stream};
use crate::domain::task::TaskId;
use crate::ports::clock::within;
use crate::ports::exec::{ExecEvent, ExecSession};
use crate::ports::{ErrorKind, RuntimeError};
use futures_util::StreamExt;
use std::time::Duration;

/// What a command left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecOutput {
    /// The last [`EXEC_OUTPUT_BYTES`] of its standard output.
    pub stdout: Vec<u8>,
    /// The same of its standard error.
    pub stderr: Vec<u8>,
    /// 127 for a program that does not exist, 126 for one that cannot be run.
    pub exit_code: i32,
}

impl ExecOutput {
    fn take(&mut self, chunk: &LogChunk) {
        let kept = match chunk.stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        kept.extend_from_slice(&chunk.bytes);
        // The end of an output says why; trimmed at twice the limit so that it is not moved for each chunk.
        if kept.len() > 2 * EXEC_OUTPUT_BYTES {
            kept.drain(..kept.len() - EXEC_OUTPUT_BYTES);
        }
    }

    fn trim(&mut self) {
        for kept in [&mut self.stdout, &mut self.stderr] {
            kept.drain(..kept.len().saturating_sub(EXEC_OUTPUT_BYTES));
        }
    }
}

impl Driver {
    /// Runs a command beside a task and collects what it prints. A zero `timeout` means no limit.
    ///
    /// # Errors
    /// The id is not known, the task does not run, or the time is over: the command has been killed then.
    pub async fn exec_task(
        &self,
        id: &TaskId,
        command: Vec<String>,
        timeout: Duration,
    ) -> Result<ExecOutput, DriverError> {
        let spec = ExecSpec { command, tty: false, stdin: false };
        let mut session = self.exec_streaming(id, &spec).await?;
        if timeout.is_zero() {
            return collect(&mut session).await;
        }
        if let Ok(output) = within(&*self.shared.clock, timeout, collect(&mut session)).await {
            return output;
        }
        if let Err(error) = session.control.kill().await {
            tracing::warn!(task = id.as_str(), %error, "cannot kill a command that ran too long");
        }
        Err(DriverError::ExecTimeout(timeout))
    }

    /// Runs a command beside a task, attached to the caller.
    ///
    /// # Errors
    /// The id is not known, or the task does not run.
    pub async fn exec_streaming(&self, id: &TaskId, spec: &ExecSpec) -> Result<ExecSession, DriverError> {
        let owner = running(self.shared.registry.get(id)?)?;
        owner
            .runtime
            .exec(&owner.container, spec)
            .await
            .map_err(|error| DriverError::runtime("run the command", error))
    }
}

fn running(owner: OwnerRef) -> Result<OwnerRef, DriverError> {
    let ended = owner.status.borrow().outcome.is_some();
    if ended { Err(DriverError::NotRunning) } else { Ok(owner) }
}

async fn collect(session: &mut ExecSession) -> Result<ExecOutput, DriverError> {
    let mut output = ExecOutput::default();
    while let Some(event) = session.events.next().await {
        match event.map_err(|error| DriverError::runtime("run the command", error))? {
            ExecEvent::Output(chunk) => output.take(&chunk),
            ExecEvent::Exited(code) => {
                output.exit_code = code;
                output.trim();
                return Ok(output);
            }
        }
    }
    let lost =
        RuntimeError::new("exec", "", ErrorKind::OutcomeUnknown, "the session ended without an exit code");
    Err(DriverError::runtime("run the command", lost))
}
