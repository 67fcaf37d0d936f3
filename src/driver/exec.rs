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
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

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
        let owner = running(self.shared.registry.get(id)?)?;
        let spec = ExecSpec { command, tty: false, stdin: false };
        let late = CancellationToken::new();
        // Whoever gives up, by the clock or by hanging up, leaves no command behind.
        let _late = late.clone().drop_guard();
        let running = tokio::spawn(run(owner, spec, late));
        let done = match timeout {
            Duration::ZERO => Ok(running.await),
            timeout => within(&*self.shared.clock, timeout, running).await,
        };
        done.map_or(Err(DriverError::ExecTimeout(timeout)), |output| output.unwrap_or_else(|_| Err(lost())))
    }

    /// Runs a command beside a task, attached to the caller.
    ///
    /// # Errors
    /// The id is not known, or the task does not run.
    pub async fn exec_streaming(&self, id: &TaskId, spec: &ExecSpec) -> Result<ExecSession, DriverError> {
        open(&*running(self.shared.registry.get(id)?)?, spec).await
    }
}

async fn open(owner: &OwnerRef, spec: &ExecSpec) -> Result<ExecSession, DriverError> {
    let opened = owner.runtime.exec(&owner.container, spec).await;
    opened.map_err(|error| DriverError::runtime("run the command", error))
}

/// Runs a command to its end, or kills it as soon as it is `late`: also one that is only being created by then, which
/// would begin without anybody to end it.
async fn run(
    owner: Arc<OwnerRef>,
    spec: ExecSpec,
    late: CancellationToken,
) -> Result<ExecOutput, DriverError> {
    let mut session = open(&owner, &spec).await?;
    tokio::select! {
        biased;
        output = collect(&mut session) => return output,
        () = late.cancelled() => {}
    }
    if let Err(error) = session.control.kill().await {
        tracing::warn!(task = owner.task.id.as_str(), %error, "cannot kill a command that ran too long");
    }
    Err(lost())
}

fn running(owner: Arc<OwnerRef>) -> Result<Arc<OwnerRef>, DriverError> {
    let ended = owner.status.now(|status| status.outcome.is_some());
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
    Err(lost())
}

fn lost() -> DriverError {
    let lost =
        RuntimeError::new("exec", "", ErrorKind::OutcomeUnknown, "the session ended without an exit code");
    DriverError::runtime("run the command", lost)
}
