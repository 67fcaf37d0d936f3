//! Exec sessions: a process beside the container's first one, and its caller's side.

use super::commands::NoProgram;
use super::container::{Container, Refusal};
use super::process::Process;
use super::program::Program;
use super::service::Service;
use super::stdio::{Input, Output};
use crate::domain::container::ExecSpec;
use crate::domain::container::exec::TerminalSize;
use crate::domain::log::Stream;
use crate::ports::{ErrorKind, ExecControl, ExecEvent, ExecSession, RuntimeError};
use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Pieces of output or input on their way between a session and its caller: what a pipe holds, roughly.
const PIPE_PIECES: usize = 16;

const OPERATION: &str = "exec";

/// Starts a session.
pub(super) fn start(
    container: &Container,
    service: &Service,
    exec: &ExecSpec,
) -> Result<ExecSession, Refusal> {
    let (events_in, events) = mpsc::channel(PIPE_PIECES);
    let (stdin, input) = mpsc::channel(PIPE_PIECES);
    let (stdin, input) = if exec.stdin { (Some(stdin), Input::Session(input)) } else { (None, Input::Empty) };
    let output = Output::Session { events: events_in.clone(), tty: exec.tty };
    let process = container.beside(&exec.command, input, output)?;
    let outage = service.outage();
    let control = Caller {
        object: container.id.to_string(),
        stdin,
        killed: process.control.killed().clone(),
        outage: outage.clone(),
    };
    let program = Program::of_command(&exec.command, container.contents());
    tokio::spawn(async move {
        let code = match program {
            Ok(program) => process.run(program).await.code,
            Err(error) => cannot_run(&process, &error).await,
        };
        // Nobody there to hear it: detached.
        drop(events_in.send(ExecEvent::Exited(code)).await);
    });
    let events = listen(events, outage, control.object.clone());
    Ok(ExecSession { control: Box::new(control), events })
}

/// Says why on standard error; the exit code that shells have for it.
async fn cannot_run(process: &Process, reason: &NoProgram) -> i32 {
    process.output.write(Stream::Stderr, format!("{reason}\n").as_bytes()).await;
    if matches!(reason, NoProgram::Denied(_)) { 126 } else { 127 }
}

/// Events until the last one, or until the connection breaks.
fn listen(
    events: mpsc::Receiver<ExecEvent>,
    outage: CancellationToken,
    object: String,
) -> BoxStream<'static, Result<ExecEvent, RuntimeError>> {
    stream::unfold(Some((events, outage, object)), |state| async move {
        let (mut events, outage, object) = state?;
        let event = tokio::select! {
            biased;
            () = outage.cancelled() => return Some((Err(broken(object)), None)),
            event = events.recv() => event?,
        };
        let more = !matches!(event, ExecEvent::Exited(_));
        Some((Ok(event), more.then_some((events, outage, object))))
    })
    .boxed()
}

fn broken(object: String) -> RuntimeError {
    let message = "the connection to the session broke: the service went away";
    RuntimeError::new(OPERATION, object, ErrorKind::Unavailable, message)
}

/// See [`ExecControl`].
struct Caller {
    object: String,
    stdin: Option<mpsc::Sender<Vec<u8>>>,
    killed: CancellationToken,
    outage: CancellationToken,
}

impl Caller {
    fn connected(&self) -> Result<(), RuntimeError> {
        if self.outage.is_cancelled() { Err(broken(self.object.clone())) } else { Ok(()) }
    }

    fn closed(&self) -> RuntimeError {
        let message = "the session's input is closed";
        RuntimeError::new(OPERATION, &self.object, ErrorKind::WrongState, message)
    }
}

#[async_trait]
impl ExecControl for Caller {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), RuntimeError> {
        self.connected()?;
        let stdin = self.stdin.as_ref().ok_or_else(|| self.closed())?;
        stdin.send(bytes.to_vec()).await.map_err(|_| self.closed())
    }

    async fn close_stdin(&mut self) -> Result<(), RuntimeError> {
        self.stdin = None;
        Ok(())
    }

    async fn resize(&mut self, _size: TerminalSize) -> Result<(), RuntimeError> {
        // No simulated program draws.
        self.connected()
    }

    async fn kill(&mut self) -> Result<(), RuntimeError> {
        self.connected()?;
        self.killed.cancel();
        Ok(())
    }
}
