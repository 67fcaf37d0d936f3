//! Commands inside a container, over an upgraded connection (Podman 1.5 to 2.2).
//!
//! Podman 1 merges standard error into standard output and has no way to say that the input has ended. Both can be had
//! of conmon where its files can be seen ([`Place`]): its log tells the streams apart ([`Streams`]), and its socket takes
//! input with an end ([`Console`]). Elsewhere nothing is hidden: everything is standard output, and to end the input of
//! a program without a terminal is refused.

use super::channels::{self, Channels, Said};
use super::client::{Ask, Podman};
use super::place::{Life, Place, Search};
use super::refusal;
use super::streams::Streams;
use crate::adapters::podman::call::Call;
use crate::adapters::podman::linux::console::Console;
use crate::adapters::podman::linux::ending::{self, Unkillable};
use crate::domain::container::ExecSpec;
use crate::domain::container::exec::TerminalSize;
use crate::domain::log::LogChunk;
use crate::domain::task::identity::ContainerId;
use crate::ports::clock::within;
use crate::ports::{ErrorKind, ExecControl, ExecEvent, ExecSession, RuntimeError};
use async_trait::async_trait;
use futures_util::future::{BoxFuture, FutureExt, Shared, ready};
use futures_util::{StreamExt, stream};
use serde_json::json;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio_util::codec::FramedRead;

/// A session that has just begun may not know its process yet: looks before that is believed, and the first pause
/// between them, which doubles.
const SETTLE_TRIES: u32 = 6;
const SETTLE_FIRST: Duration = Duration::from_millis(10);

/// How long output may wait for conmon's log to be found: a look at a directory, and one short call.
const PLACE_LIMIT: Duration = Duration::from_secs(1);

/// Where conmon keeps what belongs to a session, once that is known.
type Finding = Shared<BoxFuture<'static, Option<Arc<Place>>>>;

/// What a terminal takes for the end of its input.
const END_OF_INPUT: &[u8] = &[4];

/// One session.
struct Session {
    podman: Arc<Podman>,
    call: Call,
    container: ContainerId,
    /// Which one of the container's it is: see [`mark`].
    mark: String,
    life: watch::Sender<Life>,
    /// The service has shown it once.
    listed: AtomicBool,
    /// Where conmon keeps what belongs to it; of no session with a terminal, which has one stream, and a character to
    /// end its input with.
    place: Finding,
}

struct Control {
    session: Arc<Session>,
    write: OwnedWriteHalf,
    /// Its input is ours to write to.
    open: bool,
    tty: bool,
    /// What its input is written to, once something was written: `None` for the connection.
    input: Option<Option<Console>>,
}

struct Output {
    session: Arc<Session>,
    read: FramedRead<OwnedReadHalf, Channels>,
    /// Begins with the first output.
    streams: Option<Streams>,
    ready: VecDeque<LogChunk>,
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
        if exec.command.is_empty() {
            // It would be accepted, and end with a code that is none.
            return Err(call.error(ErrorKind::Rejected, "there is no command"));
        }
        let mark = mark(self.clock().entropy());
        let opts = json!({
            "name": container.as_str(), "tty": exec.tty, "privileged": false, "cmd": exec.command,
            "detachKeys": mark,
        });
        let ask = Ask::change("ExecContainer", json!({ "opts": opts }));
        let search = if exec.tty { None } else { Search::begin(self, &call, container, &mark).await };
        let (read, write) = self.upgrade(&call, &ask, refusal::usual).await?;
        let (life, lives) = watch::channel(Life::Silent);
        let place = self.place(&call, search, lives);
        if !exec.stdin && !exec.tty {
            tokio::spawn(end_input(place.clone()));
        }
        let (podman, container, listed) = (self.clone(), container.clone(), AtomicBool::new(false));
        let session = Arc::new(Session { podman, call, container, mark, life, listed, place });
        let control =
            Control { session: session.clone(), write, open: exec.stdin, tty: exec.tty, input: None };
        let output = Output { session, read, streams: None, ready: VecDeque::new() };
        let events = stream::unfold(Some(output), |output| async { output?.step().await }).boxed();
        Ok(ExecSession { control: Box::new(control), events })
    }

    /// Looks for it at once, whoever may need it: a command may soon be over.
    fn place(self: &Arc<Self>, call: &Call, search: Option<Search>, life: watch::Receiver<Life>) -> Finding {
        let Some(search) = search else { return ready(None).boxed().shared() };
        let (podman, call) = (Arc::clone(self), call.clone());
        let place = async move { search.find(&podman, &call, life).await.map(Arc::new) };
        let place = place.boxed().shared();
        tokio::spawn(place.clone());
        place
    }
}

/// Podman 1 leaves every session's input open, and a program may wait for its end.
async fn end_input(place: Finding) {
    if let Some(place) = place.await.filter(|place| place.sure) {
        drop(Console::open(&place.dir));
    }
}

impl Session {
    fn is_over(&self) -> bool {
        *self.life.borrow() == Life::Over
    }

    /// Whether the service has ever shown it.
    fn was_listed(&self) -> bool {
        let found = self.place.peek().and_then(Option::as_ref).is_some_and(|place| place.sure);
        found || self.listed.load(Ordering::Relaxed)
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
            let ours = self.podman.session(&self.call, &self.container, &self.mark).await?;
            listed = ours.is_some();
            self.listed.fetch_or(listed, Ordering::Relaxed);
            if let Some(pid) = ours.map(|(_, session)| session.pid).filter(|pid| *pid > 0) {
                return Ok(Some(pid));
            }
            self.podman.clock().sleep(pause).await;
            pause *= 2;
        }
        if listed {
            let unknown = "cannot end the program: Podman does not tell its process";
            return Err(self.error(ErrorKind::Unsupported, unknown));
        }
        // One that has ended is not listed any more.
        if self.was_listed() || self.is_over() {
            return Ok(None);
        }
        Err(self.error(ErrorKind::Internal, "cannot end the program: Podman does not know its session"))
    }
}

impl Control {
    async fn say(&mut self, bytes: &[u8]) -> Result<(), RuntimeError> {
        if self.session.is_over() {
            return Err(self.session.error(ErrorKind::WrongState, "the session has ended"));
        }
        let said = self.write.write_all(bytes).await;
        said.map_err(|error| self.ended(error))
    }

    fn ended(&self, error: std::io::Error) -> RuntimeError {
        self.session.error(ErrorKind::WrongState, format!("the session has ended: {error}"))
    }

    /// conmon's socket, if it can be had: only what is written there can be told to have ended.
    async fn console(&mut self) -> Option<&Console> {
        if self.input.is_none() {
            let place = self.session.place.clone().await.filter(|place| place.sure);
            self.input = Some(place.and_then(|place| Console::open(&place.dir).ok()));
        }
        self.input.as_ref()?.as_ref()
    }
}

#[async_trait]
impl ExecControl for Control {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), RuntimeError> {
        if !self.open {
            return Err(self.session.error(ErrorKind::WrongState, "its standard input is closed"));
        }
        if self.session.is_over() {
            return Err(self.session.error(ErrorKind::WrongState, "the session has ended"));
        }
        match self.console().await {
            Some(console) => {
                let written = console.write(bytes).await;
                written.map_err(|error| self.ended(error))
            }
            None => self.say(&channels::stdin(bytes)).await,
        }
    }

    /// A terminal ends its input by a character.
    async fn close_stdin(&mut self) -> Result<(), RuntimeError> {
        if !std::mem::take(&mut self.open) || self.session.is_over() {
            return Ok(());
        }
        if self.tty {
            return self.say(&channels::stdin(END_OF_INPUT)).await;
        }
        if self.console().await.is_some() {
            self.input = Some(None);
            return Ok(());
        }
        if self.session.is_over() {
            return Ok(());
        }
        let text = "Podman 1 cannot end the standard input of a command, and conmon's socket for it is not visible from \
                    here; run it with a terminal";
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

    /// Podman 1 has no call for this. The process is ours to end if it is the container's.
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
        loop {
            if let Some(chunk) = self.ready.pop_front() {
                return Some((Ok(ExecEvent::Output(chunk)), Some(self)));
            }
            let end = match self.read.next().await {
                Some(Ok(Said::Output(bytes))) => {
                    self.told(&bytes).await;
                    continue;
                }
                Some(Ok(Said::Ended(code))) => {
                    self.session.life.send_replace(Life::Over);
                    Ok(ExecEvent::Exited(code))
                }
                Some(Ok(Said::Nonsense(text))) => Err(self.broken(ErrorKind::Malformed, text)),
                Some(Err(error)) => Err(self.broken(ErrorKind::Unavailable, error)),
                None => Err(self.broken(ErrorKind::Unavailable, "it ended without an exit code")),
            };
            return Some((end, None));
        }
    }

    /// Takes what has come apart by stream. Where it has come, conmon's log is.
    async fn told(&mut self, bytes: &[u8]) {
        if self.streams.is_none() {
            self.session.life.send_replace(Life::Spoke);
            let found = within(self.session.podman.clock(), PLACE_LIMIT, self.session.place.clone()).await;
            let log = found.ok().flatten().and_then(|place| place.take_log());
            self.streams = Some(Streams::new(log));
        }
        if let Some(streams) = &mut self.streams {
            self.ready.extend(streams.tell(bytes));
        }
    }

    fn broken(&self, kind: ErrorKind, cause: impl std::fmt::Display) -> RuntimeError {
        self.session.life.send_replace(Life::Over);
        self.session.error(kind, format!("the session's stream broke: {cause}"))
    }
}

#[cfg(test)]
#[path = "exec_tests.rs"]
mod tests;
