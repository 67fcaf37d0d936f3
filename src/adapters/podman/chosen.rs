//! The runtime behind a socket of which nobody said what it speaks: found out by asking, when it is first used.
//!
//! ```text
//!   a call ──▶ asked before? ── yes ──▶ that wire ──▶ broken connection, or no reply of that wire? ask again next time
//!                  └── no ──▶ one request that both understand ──▶ varlink reply: Podman 1; HTTP reply: later ones
//! ```
//!
//! Podman may be another one at the next call: the answer counts until a call fails in a way that a change of the
//! service would show itself in. A wait does not end then, but begins again on the new wire.

use super::call::Call;
use super::rest::RestRuntime;
use super::tries::tried;
use super::varlink::VarlinkRuntime;
use crate::domain::container::{ContainerFacts, ContainerSpec, ExecSpec};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::image::PullRequest;
use crate::domain::limits::QUERY_TIMEOUT;
use crate::domain::log::{LogBatch, LogStart};
use crate::domain::signal::Signal;
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::ContainerId;
use crate::ports::clock::within;
use crate::ports::runtime::{Change, Created, PullProgress};
use crate::ports::{Clock, ContainerRuntime, ErrorKind, ExecSession, RuntimeError};
use async_trait::async_trait;
use futures_util::stream::BoxStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::watch;

/// A varlink call, and behind its end the empty line that an HTTP server waits for before it says what it thinks of
/// the first one.
const QUESTION: &[u8] = b"{\"method\":\"org.varlink.service.GetInfo\"}\0\r\n\r\n";

/// Where Podman may listen, the first that is there counts.
pub type Places = Vec<PathBuf>;

/// What a socket speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spoken {
    Rest,
    Varlink,
}

/// An answer, and the runtime for it.
#[derive(Clone)]
struct Choice {
    socket: PathBuf,
    spoken: Spoken,
    runtime: Arc<dyn ContainerRuntime>,
}

/// See the module.
pub struct ChosenRuntime {
    places: Places,
    clock: Arc<dyn Clock>,
    /// The last answer. It stays when it is doubted, so that the same one again changes nothing.
    choice: watch::Sender<Option<Choice>>,
    doubted: std::sync::atomic::AtomicBool,
}

impl ChosenRuntime {
    /// The runtime at one of `places`, at least one. Does not connect.
    pub fn new(places: Places, clock: Arc<dyn Clock>) -> Self {
        Self { places, clock, choice: watch::Sender::new(None), doubted: true.into() }
    }

    async fn runtime(&self, call: &Call) -> Result<Arc<dyn ContainerRuntime>, RuntimeError> {
        use std::sync::atomic::Ordering::Relaxed;
        let known = self.choice.borrow().clone();
        if let Some(known) = known.filter(|_| !self.doubted.load(Relaxed)) {
            return Ok(known.runtime);
        }
        let socket = self.socket();
        let spoken = self.ask(call, &socket).await?;
        self.choice.send_if_modified(|choice| {
            let same = choice.as_ref().is_some_and(|it| it.socket == socket && it.spoken == spoken);
            if !same {
                *choice = Some(self.connect(socket.clone(), spoken));
            }
            !same
        });
        self.doubted.store(false, Relaxed);
        let chosen = self.choice.borrow().as_ref().map(|choice| Arc::clone(&choice.runtime));
        chosen.ok_or_else(|| call.error(ErrorKind::Internal, "no wire was chosen"))
    }

    /// The runtime of the last answer, also of one that is doubted: for what the kernel tells while the service is away
    /// or hangs. Other calls find out whether the answer still holds.
    async fn observer(&self, call: &Call) -> Result<Arc<dyn ContainerRuntime>, RuntimeError> {
        let known = self.choice.borrow().as_ref().map(|choice| Arc::clone(&choice.runtime));
        match known {
            Some(known) => Ok(known),
            None => self.runtime(call).await,
        }
    }

    /// The first place where there is something; else the first one, to be named in the error.
    fn socket(&self) -> PathBuf {
        let there = self.places.iter().find(|place| place.exists());
        there.or(self.places.first()).cloned().unwrap_or_default()
    }

    fn connect(&self, socket: PathBuf, spoken: Spoken) -> Choice {
        let clock = Arc::clone(&self.clock);
        let runtime: Arc<dyn ContainerRuntime> = match spoken {
            Spoken::Rest => Arc::new(RestRuntime::new(socket.clone(), clock)),
            Spoken::Varlink => Arc::new(VarlinkRuntime::new(socket.clone(), clock)),
        };
        tracing::debug!(socket = %socket.display(), ?spoken, "found what Podman speaks");
        Choice { socket, spoken, runtime }
    }

    async fn ask(&self, call: &Call, socket: &Path) -> Result<Spoken, RuntimeError> {
        let at = socket.display();
        // The question changes nothing: whatever went wrong, it can be asked again.
        let asked = tried(&*self.clock, |_: &std::io::Error| true, || answer(socket));
        let answer = within(&*self.clock, QUERY_TIMEOUT, asked).await;
        let answer = answer.map_err(|_| {
            let seconds = QUERY_TIMEOUT.as_secs();
            call.error(ErrorKind::TimedOut, format!("Podman at {at} did not answer within {seconds} s"))
        })?;
        let answer = answer.map_err(|error| {
            let message = format!(
                "cannot reach Podman at {at}: {error}; start its service (systemctl enable --now podman.socket; \
                 io.podman.socket for Podman 1) or set socket_path"
            );
            call.error(ErrorKind::Unavailable, message)
        })?;
        match answer {
            b'H' => Ok(Spoken::Rest),
            b'{' => Ok(Spoken::Varlink),
            _ => {
                let message = format!("what listens at {at} speaks neither HTTP nor varlink");
                Err(call.error(ErrorKind::Malformed, message))
            }
        }
    }

    /// Remembers an error that another Podman on the socket would cause.
    fn noted<T>(&self, result: Result<T, RuntimeError>) -> Result<T, RuntimeError> {
        let doubtful = |error: &RuntimeError| match error.kind {
            ErrorKind::Unavailable
            | ErrorKind::OutcomeUnknown
            | ErrorKind::TimedOut
            | ErrorKind::Malformed => true,
            ErrorKind::NotFound
            | ErrorKind::ImageMissing
            | ErrorKind::NameInUse
            | ErrorKind::WrongState
            | ErrorKind::RegistryUnavailable
            | ErrorKind::Rejected
            | ErrorKind::Unsupported
            | ErrorKind::Internal => false,
        };
        if result.as_ref().is_err_and(doubtful) {
            self.doubted.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        result
    }
}

/// The first byte of the answer to [`QUESTION`].
async fn answer(socket: &Path) -> std::io::Result<u8> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(QUESTION).await?;
    stream.read_u8().await
}

#[async_trait]
impl ContainerRuntime for ChosenRuntime {
    async fn probe(&self) -> Result<RuntimeFacts, RuntimeError> {
        let runtime = self.runtime(&Call::new("probe Podman", "")).await?;
        self.noted(runtime.probe().await)
    }

    async fn pull(&self, request: &PullRequest, progress: PullProgress<'_>) -> Result<String, RuntimeError> {
        let runtime = self.runtime(&Call::new("pull image", &request.image)).await?;
        self.noted(runtime.pull(request, progress).await)
    }

    async fn image_id(&self, image: &str) -> Result<Option<String>, RuntimeError> {
        let runtime = self.runtime(&Call::new("look up image", image)).await?;
        self.noted(runtime.image_id(image).await)
    }

    async fn remove_image(&self, id: &str) -> Result<Change, RuntimeError> {
        let runtime = self.runtime(&Call::new("remove image", id)).await?;
        self.noted(runtime.remove_image(id).await)
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<Created, RuntimeError> {
        let runtime = self.runtime(&Call::new("create container", &spec.name)).await?;
        self.noted(runtime.create(spec).await)
    }

    async fn start(&self, id: &ContainerId) -> Result<Change, RuntimeError> {
        let runtime = self.runtime(&Call::new("start container", id)).await?;
        self.noted(runtime.start(id).await)
    }

    async fn inspect(&self, id: &str) -> Result<ContainerFacts, RuntimeError> {
        let runtime = self.runtime(&Call::new("inspect container", id)).await?;
        self.noted(runtime.inspect(id).await)
    }

    /// A service that is away is waited for, also where it has not been asked yet.
    async fn wait(&self, id: &ContainerId) -> Result<ContainerFacts, RuntimeError> {
        let call = Call::new("wait for container", id);
        let mut pause = crate::domain::limits::RETRY_FIRST;
        loop {
            let mut choices = self.choice.subscribe();
            // Boxed: over in no time, while the wait lasts as long as its task.
            let runtime = match Box::pin(self.runtime(&call)).await {
                Err(error) if error.kind.is_transient() => {
                    self.clock.sleep(pause).await;
                    pause = (pause * 2).min(crate::domain::limits::RETRY_LONGEST);
                    continue;
                }
                chosen => chosen?,
            };
            choices.mark_unchanged();
            tokio::select! {
                ended = runtime.wait(id) => return self.noted(ended),
                Ok(()) = choices.changed() => {}
            }
        }
    }

    async fn signal(&self, id: &ContainerId, signal: Signal) -> Result<(), RuntimeError> {
        let runtime = self.runtime(&Call::new("signal container", id)).await?;
        self.noted(runtime.signal(id, signal).await)
    }

    async fn remove(&self, id: &ContainerId) -> Result<Change, RuntimeError> {
        let runtime = self.runtime(&Call::new("remove container", id)).await?;
        self.noted(runtime.remove(id).await)
    }

    async fn list(&self) -> Result<Vec<ContainerFacts>, RuntimeError> {
        let runtime = self.runtime(&Call::new("list containers", "")).await?;
        self.noted(runtime.list().await)
    }

    async fn stats(&self, id: &ContainerId) -> Result<StatsSample, RuntimeError> {
        let runtime = self.observer(&Call::new("read stats of container", id)).await?;
        self.noted(runtime.stats(id).await)
    }

    async fn logs(
        &self,
        id: &ContainerId,
        start: LogStart,
    ) -> Result<BoxStream<'static, Result<LogBatch, RuntimeError>>, RuntimeError> {
        let runtime = self.runtime(&Call::new("read logs of container", id)).await?;
        self.noted(runtime.logs(id, start).await)
    }

    async fn unread(&self, id: &ContainerId, start: LogStart) -> Result<u64, RuntimeError> {
        let runtime = self.runtime(&Call::new("size log of container", id)).await?;
        self.noted(runtime.unread(id, start).await)
    }

    async fn last_words(&self, id: &ContainerId) -> Result<Vec<u8>, RuntimeError> {
        let runtime = self.runtime(&Call::new("read last words of container", id)).await?;
        self.noted(runtime.last_words(id).await)
    }

    async fn exec(&self, id: &ContainerId, exec: &ExecSpec) -> Result<ExecSession, RuntimeError> {
        let runtime = self.runtime(&Call::new("exec in container", id)).await?;
        self.noted(runtime.exec(id, exec).await)
    }
}

#[cfg(test)]
#[path = "chosen_tests.rs"]
mod tests;
