//! Commands inside a container, over an upgraded connection (Podman 1.5 to 2.2).
//!
//! Podman 1 merges standard error into standard output and has no way to say that the input has ended; a program
//! without a terminal that reads to the end of its input waits for ever. Neither is hidden: everything is standard
//! output, and to end the input is refused.

use super::channels::{self, Channels, Said};
use super::client::{Ask, Podman, decode_text};
use super::{refusal, wire};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::linux::pidfd::Pidfd;
use crate::adapters::podman::linux::process;
use crate::domain::container::ExecSpec;
use crate::domain::container::exec::TerminalSize;
use crate::domain::log::{LogChunk, Stream};
use crate::domain::task::identity::ContainerId;
use crate::ports::{ErrorKind, ExecControl, ExecEvent, ExecSession, RuntimeError};
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio_util::codec::FramedRead;

/// A session that has just begun may not know its process yet: looks before that is believed, and the first pause
/// between them, which doubles.
const SETTLE_TRIES: u32 = 6;
const SETTLE_FIRST: Duration = Duration::from_millis(10);

/// What a terminal takes for the end of its input.
const END_OF_INPUT: &[u8] = &[4];

/// One session.
struct Session {
    podman: Arc<Podman>,
    call: Call,
    container: ContainerId,
    /// Which one of the container's it is: see [`mark`].
    mark: String,
    /// Its output has ended.
    over: AtomicBool,
}

struct Control {
    session: Arc<Session>,
    write: OwnedWriteHalf,
    /// Its input is ours to write to.
    open: bool,
    tty: bool,
}

struct Output {
    session: Arc<Session>,
    read: FramedRead<OwnedReadHalf, Channels>,
}

/// The keys that would detach a terminal: nobody types them, and the service shows them with the session, which has
/// no other name that we could know it by. The first one is no character, because a terminal shows it only with the
/// second.
fn mark(entropy: u64) -> String {
    let digits: Vec<String> = format!("{entropy:016x}").chars().map(String::from).collect();
    format!("ctrl-_,{}", digits.join(","))
}

impl Podman {
    /// See [`crate::ports::ContainerRuntime::exec`]: `ExecContainer`.
    pub async fn exec(
        self: &Arc<Self>,
        container: &ContainerId,
        exec: &ExecSpec,
    ) -> Result<ExecSession, RuntimeError> {
        let call = Call::new("exec in container", container);
        let mark = mark(self.clock().entropy());
        let opts = json!({
            "name": container.as_str(), "tty": exec.tty, "privileged": false, "cmd": exec.command,
            "detachKeys": mark,
        });
        let ask = Ask::change("ExecContainer", json!({ "opts": opts }));
        let (read, write) = self.upgrade(&call, &ask, refusal::usual).await?;
        let over = AtomicBool::new(false);
        let session =
            Arc::new(Session { podman: self.clone(), call, container: container.clone(), mark, over });
        let control = Control { session: session.clone(), write, open: exec.stdin, tty: exec.tty };
        let output = Output { session, read };
        let events = stream::unfold(Some(output), |output| async { output?.step().await }).boxed();
        Ok(ExecSession { control: Box::new(control), events })
    }
}

impl Session {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn error(&self, kind: ErrorKind, message: impl std::fmt::Display) -> RuntimeError {
        self.call.error(kind, message)
    }

    /// The process of the program; `None` if it has ended.
    async fn program(&self) -> Result<Option<u32>, RuntimeError> {
        let (mut pause, mut listed) = (SETTLE_FIRST, false);
        for _ in 0..SETTLE_TRIES {
            if self.is_over() {
                return Ok(None);
            }
            let ask = Ask::query("ContainerStateData", json!({ "name": self.container.as_str() }));
            let described: wire::Described = self.podman.ask(&self.call, &ask, refusal::usual).await?;
            let state: wire::Sessions = decode_text(&self.call, &described.config)?;
            let ours = state.sessions.into_values().find(|it| it.config.detach_keys == self.mark);
            listed = ours.is_some();
            if let Some(pid) = ours.map(|session| session.pid).filter(|pid| *pid > 0) {
                return Ok(Some(pid));
            }
            self.podman.clock().sleep(pause).await;
            pause *= 2;
        }
        // One that has ended is not listed any more.
        let unknown = "cannot end the program: Podman does not tell its process";
        if listed { Err(self.error(ErrorKind::Unsupported, unknown)) } else { Ok(None) }
    }
}

impl Control {
    async fn say(&mut self, bytes: &[u8]) -> Result<(), RuntimeError> {
        if self.session.is_over() {
            return Err(self.session.error(ErrorKind::WrongState, "the session has ended"));
        }
        let said = self.write.write_all(bytes).await;
        said.map_err(|error| {
            self.session.error(ErrorKind::WrongState, format!("the session has ended: {error}"))
        })
    }
}

#[async_trait]
impl ExecControl for Control {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), RuntimeError> {
        if !self.open {
            return Err(self.session.error(ErrorKind::WrongState, "its standard input is closed"));
        }
        self.say(&channels::stdin(bytes)).await
    }

    /// A terminal ends its input by a character; nothing else can be made to.
    async fn close_stdin(&mut self) -> Result<(), RuntimeError> {
        if !std::mem::take(&mut self.open) || self.session.is_over() {
            return Ok(());
        }
        if self.tty {
            return self.say(&channels::stdin(END_OF_INPUT)).await;
        }
        let text = "Podman 1 cannot end the standard input of a command; run it with a terminal";
        Err(self.session.error(ErrorKind::Unsupported, text))
    }

    async fn resize(&mut self, size: TerminalSize) -> Result<(), RuntimeError> {
        if !self.tty || size.height == 0 || size.width == 0 || self.session.is_over() {
            return Ok(());
        }
        // A session that has ended meanwhile needs no size.
        let _ = self.say(&channels::resize(size)).await;
        Ok(())
    }

    /// Podman 1 has no call for this. The process is ours to kill if it is the container's.
    async fn kill(&mut self) -> Result<(), RuntimeError> {
        let session = &self.session;
        let Some(pid) = session.program().await? else { return Ok(()) };
        let unseen = "cannot end the program: its process is not visible from here";
        let Ok(program) = Pidfd::open(pid) else {
            return Err(session.error(ErrorKind::Unsupported, unseen));
        };
        // After the hold, so that a recycled pid is never killed.
        if !process::belongs_to(Path::new("/"), pid, session.container.as_str()) {
            let gone = program.has_ended();
            return if gone { Ok(()) } else { Err(session.error(ErrorKind::Unsupported, unseen)) };
        }
        match program.kill() {
            Err(error) if !program.has_ended() => Err(session.error(ErrorKind::Internal, error)),
            _ => Ok(()),
        }
    }
}

type Step = Option<(Result<ExecEvent, RuntimeError>, Option<Output>)>;

impl Output {
    async fn step(mut self) -> Step {
        match self.read.next().await {
            Some(Ok(Said::Output(bytes))) => {
                let chunk = LogChunk { stream: Stream::Stdout, bytes: bytes.to_vec() };
                Some((Ok(ExecEvent::Output(chunk)), Some(self)))
            }
            Some(Ok(Said::Ended(code))) => {
                self.session.over.store(true, Ordering::Relaxed);
                Some((Ok(ExecEvent::Exited(code)), None))
            }
            Some(Ok(Said::Nonsense(text))) => Some((Err(self.broken(ErrorKind::Malformed, text)), None)),
            Some(Err(error)) => Some((Err(self.broken(ErrorKind::Unavailable, error)), None)),
            None => Some((Err(self.broken(ErrorKind::Unavailable, "it ended without an exit code")), None)),
        }
    }

    fn broken(&self, kind: ErrorKind, cause: impl std::fmt::Display) -> RuntimeError {
        self.session.over.store(true, Ordering::Relaxed);
        self.session.error(kind, format!("the session's stream broke: {cause}"))
    }
}
