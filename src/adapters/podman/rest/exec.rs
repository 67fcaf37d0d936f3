//! Commands inside a container: a session, its hijacked stream, its exit code.
//!
//! The stream's end comes with the program's, and the session has the exit code by then (libpod REST 4.3). A program
//! that does not exist also is a session: its message on standard error, then code 127, or 126 if it cannot be run.

use super::client::{Ask, Podman};
use super::containers::path;
use super::frames::Frames;
use super::{refusal, wire};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::linux::ending::{self, Unkillable};
use crate::adapters::podman::linux::pidfd::Pidfd;
use crate::domain::container::ExecSpec;
use crate::domain::container::exec::TerminalSize;
use crate::domain::limits::CHANGE_TIMEOUT;
use crate::domain::log::{LogBatch, LogChunk, Stream};
use crate::domain::task::identity::ContainerId;
use crate::ports::{ErrorKind, ExecControl, ExecEvent, ExecSession, RuntimeError};
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};

/// Bytes per read of output.
const READ_BYTES: usize = 32 * 1024;

/// A session that has just begun may not know its process yet: looks before that is believed, and the first pause
/// between them, which doubles.
const SETTLE_TRIES: u32 = 6;
const SETTLE_FIRST: Duration = Duration::from_millis(10);

/// Longest pause between looks at a session that outlives its stream and whose process cannot be held.
const RUNNING_LONGEST: Duration = Duration::from_secs(5);

/// One session.
struct Session {
    podman: Arc<Podman>,
    call: Call,
    id: String,
    container: ContainerId,
    /// Its output has ended.
    over: AtomicBool,
}

struct Control {
    session: Arc<Session>,
    /// `None` without standard input, or after its end.
    stdin: Option<WriteHalf<TokioIo<Upgraded>>>,
    tty: bool,
}

struct Output {
    session: Arc<Session>,
    io: ReadHalf<TokioIo<Upgraded>>,
    /// `None` on a terminal, whose bytes come as they are.
    frames: Option<Frames>,
    ready: VecDeque<LogChunk>,
    buffer: Vec<u8>,
}

impl Podman {
    /// See [`crate::ports::ContainerRuntime::exec`].
    pub async fn exec(
        self: &Arc<Self>,
        container: &ContainerId,
        exec: &ExecSpec,
    ) -> Result<ExecSession, RuntimeError> {
        let call = Call::new("exec in container", container);
        let id = self.exec_create(&call, container, exec).await?;
        let body = json!({"Detach": false, "Tty": exec.tty}).to_string().into_bytes();
        let ask = Ask::post(format!("/exec/{id}/start")).json(body).upgrade();
        let response = self.open(&call, &ask).await?;
        let upgraded = hyper::upgrade::on(response).await.map_err(|error| {
            call.error(ErrorKind::OutcomeUnknown, format!("Podman did not hand over the stream: {error}"))
        })?;
        let (read, write) = tokio::io::split(TokioIo::new(upgraded));
        let over = AtomicBool::new(false);
        let session =
            Arc::new(Session { podman: self.clone(), call, id, container: container.clone(), over });
        let control = Control { session: session.clone(), stdin: exec.stdin.then_some(write), tty: exec.tty };
        let frames = (!exec.tty).then(Frames::default);
        let output =
            Output { session, io: read, frames, ready: VecDeque::new(), buffer: vec![0; READ_BYTES] };
        let events = stream::unfold(Some(output), |output| async { output?.step().await }).boxed();
        Ok(ExecSession { control: Box::new(control), events })
    }

    async fn exec_create(
        &self,
        call: &Call,
        container: &ContainerId,
        exec: &ExecSpec,
    ) -> Result<String, RuntimeError> {
        let body = json!({
            "Cmd": exec.command, "Tty": exec.tty, "AttachStdin": exec.stdin,
            "AttachStdout": true, "AttachStderr": true,
        });
        let ask = Ask::post(format!("{}/exec", path(container.as_str()))).json(body.to_string().into_bytes());
        let reply = self.ask(call, &ask).await?;
        if !reply.status.is_success() {
            return Err(refusal::error(call, &reply, refusal::by_cause));
        }
        Ok(reply.json_of_change::<wire::Identified>(call)?.id)
    }
}

impl Session {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    async fn inspect(&self) -> Result<wire::ExecInspect, RuntimeError> {
        let reply = self.podman.ask(&self.call, &Ask::get(format!("/exec/{}/json", self.id))).await?;
        if !reply.status.is_success() {
            return Err(refusal::error(&self.call, &reply, refusal::by_cause));
        }
        reply.json(&self.call)
    }

    /// The code, once the program has ended: it may outlive its output.
    async fn exit_code(&self) -> Result<i32, RuntimeError> {
        let mut pause = SETTLE_FIRST;
        loop {
            let seen = self.inspect().await?;
            if !seen.running {
                let ran = seen.can_remove != Some(false);
                let never = "Podman knows no run of this command, so none of its exit code";
                return if ran {
                    Ok(seen.exit_code)
                } else {
                    Err(self.error(ErrorKind::OutcomeUnknown, never))
                };
            }
            if let Some(program) = Pidfd::of_container(Path::new("/"), seen.pid, self.container.as_str()) {
                // An error here only makes the next look come sooner.
                let _ = program.ended().await;
            }
            self.podman.clock().sleep(pause).await;
            pause = (pause * 2).min(RUNNING_LONGEST);
        }
    }

    /// The program, once the session knows it; `None` if it has ended.
    async fn program(&self) -> Result<Option<u32>, RuntimeError> {
        let mut pause = SETTLE_FIRST;
        for _ in 0..SETTLE_TRIES {
            if self.is_over() {
                return Ok(None);
            }
            let seen = self.inspect().await?;
            if seen.running && seen.pid > 0 {
                return Ok(Some(seen.pid));
            }
            self.podman.clock().sleep(pause).await;
            pause *= 2;
        }
        Ok(None)
    }

    fn error(&self, kind: ErrorKind, message: impl std::fmt::Display) -> RuntimeError {
        self.call.error(kind, message)
    }
}

#[async_trait]
impl ExecControl for Control {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), RuntimeError> {
        let session = &self.session;
        let ended = |text: &str| session.error(ErrorKind::WrongState, text);
        let stdin = self.stdin.as_mut().ok_or_else(|| ended("its standard input is closed"))?;
        stdin.write_all(bytes).await.map_err(|error| ended(&format!("the session has ended: {error}")))
    }

    async fn close_stdin(&mut self) -> Result<(), RuntimeError> {
        if let Some(mut stdin) = self.stdin.take() {
            // Fails only if the session has ended, which is the end of its input too.
            let _ = stdin.shutdown().await;
        }
        Ok(())
    }

    async fn resize(&mut self, size: TerminalSize) -> Result<(), RuntimeError> {
        if !self.tty || size.height == 0 || size.width == 0 {
            return Ok(());
        }
        let session = &self.session;
        // A terminal that does not exist yet refuses a size; one that is gone needs none.
        if session.program().await?.is_none() {
            return Ok(());
        }
        let path = format!("/exec/{}/resize?h={}&w={}", session.id, size.height, size.width);
        let ask = Ask::post(path).repeatable().within(CHANGE_TIMEOUT);
        let reply = session.podman.ask(&session.call, &ask).await?;
        if reply.status.is_success() || session.is_over() {
            return Ok(());
        }
        match refusal::error(&session.call, &reply, refusal::by_cause) {
            error if error.is(ErrorKind::WrongState) || error.is(ErrorKind::NotFound) => Ok(()),
            error => Err(error),
        }
    }

    /// No version has a call for this. The process is ours to end if it is the container's: in its control group,
    /// or the child of a conmon of it, which is all there is to see of a rootless one on cgroup v1.
    async fn kill(&mut self) -> Result<(), RuntimeError> {
        let session = &self.session;
        let Some(pid) = session.program().await? else { return Ok(()) };
        let container = session.container.clone();
        // It looks at every process of the machine, some times over.
        let ended = tokio::task::spawn_blocking(move || ending::end(Path::new("/"), pid, container.as_str()));
        let ended = ended.await.map_err(std::io::Error::other).map_err(Unkillable::Refused).flatten();
        ended.map_err(|error| session.error(error.kind(), error))
    }
}

type Step = Option<(Result<ExecEvent, RuntimeError>, Option<Output>)>;

impl Output {
    async fn step(mut self) -> Step {
        match self.next().await {
            Ok(Some(chunk)) => Some((Ok(ExecEvent::Output(chunk)), Some(self))),
            Ok(None) => Some((self.session.exit_code().await.map(ExecEvent::Exited), None)),
            Err(error) => Some((Err(error), None)),
        }
    }

    async fn next(&mut self) -> Result<Option<LogChunk>, RuntimeError> {
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Ok(Some(chunk));
            }
            let length = self.io.read(&mut self.buffer).await.map_err(|error| self.broken(error))?;
            if length == 0 {
                self.session.over.store(true, Ordering::Relaxed);
                let whole = self.frames.as_ref().is_none_or(Frames::is_complete);
                return if whole { Ok(None) } else { Err(self.broken("it ended within a frame")) };
            }
            self.take(length);
        }
    }

    fn take(&mut self, length: usize) {
        let (bytes, mut batch) = (&self.buffer[..length], LogBatch::default());
        match &mut self.frames {
            Some(frames) => frames.feed(bytes, &mut batch),
            None => batch.push(Stream::Stdout, bytes),
        }
        self.ready.extend(batch.chunks);
    }

    fn broken(&self, cause: impl std::fmt::Display) -> RuntimeError {
        self.session.over.store(true, Ordering::Relaxed);
        self.session.error(ErrorKind::Unavailable, format!("the session's stream broke: {cause}"))
    }
}
