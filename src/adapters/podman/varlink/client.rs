//! One call, its replies, and everything that can come between them.
//!
//! A connection per call: the service handles the requests of one connection one after the other, so a second call
//! behind a wait would wait as well, and to connect costs some 30 microseconds.

use super::channels::Channels;
use super::frame::{BadFrame, Frames};
use super::refusal::Refusal;
use super::wire;
use crate::adapters::podman::call::Call;
use crate::adapters::podman::tries::tried;
use crate::domain::limits::{CHANGE_TIMEOUT, QUERY_TIMEOUT};
use crate::domain::task::identity::ContainerId;
use crate::ports::clock::{Clock, within};
use crate::ports::{ErrorKind, RuntimeError};
use bytes::BytesMut;
use futures_util::StreamExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio_util::codec::FramedRead;

/// A call that has not been sent.
#[derive(Clone)]
pub struct Ask {
    method: &'static str,
    parameters: Value,
    /// It changes something: a second one is not the same as one.
    once: bool,
    limit: Duration,
}

impl Ask {
    /// Asks `io.podman.METHOD` for something.
    pub fn query(method: &'static str, parameters: Value) -> Self {
        Self { method, parameters, once: false, limit: QUERY_TIMEOUT }
    }

    /// Changes something.
    pub fn change(method: &'static str, parameters: Value) -> Self {
        Self { method, parameters, once: true, limit: CHANGE_TIMEOUT }
    }

    /// With another deadline than usual.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    fn message(&self, mode: Option<&str>) -> Vec<u8> {
        let method = if self.method.contains('.') { String::new() } else { "io.podman.".to_owned() };
        let mut request = json!({ "method": method + self.method, "parameters": self.parameters });
        if let (Some(mode), Some(request)) = (mode, request.as_object_mut()) {
            request.insert(mode.to_owned(), Value::Bool(true));
        }
        let mut message = request.to_string().into_bytes();
        message.push(0);
        message
    }
}

/// A message of the service. Its parameters stay text until they are read as what they must be: as a tree of values
/// they would take many times their bytes.
#[derive(Debug, Deserialize)]
struct Reply<'a> {
    #[serde(borrow, default)]
    parameters: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    continues: bool,
}

/// No reply.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nothing was sent.
    Unsent(String),
    /// Sent, perhaps in part; then the connection broke.
    Lost(String),
    /// Not varlink, or too much of it.
    Malformed(String),
    /// The service said no.
    Refused(Refusal),
}

impl From<BadFrame> for Failure {
    fn from(bad: BadFrame) -> Self {
        match bad {
            BadFrame::TooLong(_) => Self::Malformed(bad.to_string()),
            BadFrame::Cut | BadFrame::Io(_) => Self::Lost(bad.to_string()),
        }
    }
}

/// What an error of a call means.
pub type Meaning = fn(&Refusal) -> ErrorKind;

/// A connection that carries the replies to one call.
struct Connection {
    read: FramedRead<OwnedReadHalf, Frames>,
    write: OwnedWriteHalf,
}

/// The replies to a call that asked for more than one.
pub struct Replies {
    connection: Connection,
    over: bool,
}

/// Both halves of an upgraded connection.
pub type Upgraded = (FramedRead<OwnedReadHalf, Channels>, OwnedWriteHalf);

/// The service behind one socket.
pub struct Podman {
    socket: PathBuf,
    clock: Arc<dyn Clock>,
    /// Held during a create: two at once end the service (1.9.3: "concurrent map iteration and map write").
    pub(super) creating: tokio::sync::Mutex<()>,
    /// See [`Podman::below`].
    root: PathBuf,
}

impl Podman {
    /// Does not connect.
    pub fn new(socket: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self { socket, clock, creating: tokio::sync::Mutex::default(), root: PathBuf::from("/") }
    }

    /// With files of containers looked for below `root`, which is `/` but for tests.
    pub fn below(mut self, root: &Path) -> Self {
        root.clone_into(&mut self.root);
        self
    }

    /// Where a file of a container is for us.
    pub(super) fn here(&self, path: &Path) -> PathBuf {
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The door to time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The user of the service; `None` if nobody listens.
    pub async fn owner(&self) -> Option<u32> {
        UnixStream::connect(&self.socket).await.ok()?.peer_cred().ok().map(|peer| peer.uid())
    }

    /// The reply to `ask`.
    ///
    /// # Errors
    /// As every method of the runtime port; a refusal means what `meaning` says.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        call: &Call,
        ask: &Ask,
        meaning: Meaning,
    ) -> Result<T, RuntimeError> {
        let reply = self.timed(call, ask, || self.once(ask)).await?;
        reply.map_err(|refusal| refusal.error(call, meaning))
    }

    /// Does to a container what `ask` says. The reply names it.
    pub(super) async fn ask_of(
        &self,
        call: &Call,
        ask: &Ask,
        id: &ContainerId,
        meaning: Meaning,
    ) -> Result<(), RuntimeError> {
        let done: wire::Container = self.ask(call, ask, meaning).await?;
        self.is_about(call, ask, id, &done.container)
    }

    /// Whether the reply to `ask`, which was about the container `id`, is about no other.
    pub(super) fn is_about(
        &self,
        call: &Call,
        ask: &Ask,
        id: &ContainerId,
        told: &str,
    ) -> Result<(), RuntimeError> {
        if told == id.as_str() {
            return Ok(());
        }
        Err(self.failed(
            call,
            ask.once,
            Failure::Malformed(format!("it is about another container: {told:?}")),
        ))
    }

    /// The replies to `ask`, however many there are. Its deadline is for the sending alone.
    pub async fn stream(&self, call: &Call, ask: &Ask) -> Result<Replies, RuntimeError> {
        let open = || async { Ok(Ok(self.send(ask, Some("more")).await?)) };
        let connection = self.timed(call, ask, open).await?;
        let connection = connection.map_err(|refusal: Refusal| refusal.error(call, super::refusal::usual))?;
        Ok(Replies { connection, over: false })
    }

    /// Turns a connection into a two-way stream.
    pub async fn upgrade(&self, call: &Call, ask: &Ask, meaning: Meaning) -> Result<Upgraded, RuntimeError> {
        let open = || async {
            let mut connection = self.send(ask, Some("upgrade")).await?;
            let accepted = settled::<Value>(&connection.message().await?)?;
            Ok(accepted.map(|_| connection))
        };
        let connection = self.timed(call, ask, open).await?;
        let connection = connection.map_err(|refusal| refusal.error(call, meaning))?;
        Ok((connection.read.map_decoder(|_| Channels::default()), connection.write))
    }

    async fn once<T: DeserializeOwned>(&self, ask: &Ask) -> Result<Result<T, Refusal>, Failure> {
        let mut connection = self.send(ask, None).await?;
        let message = connection.message().await?;
        if !connection.read.read_buffer().is_empty() {
            return Err(Failure::Malformed("more than one reply to one call".to_owned()));
        }
        settled(&message)
    }

    async fn send(&self, ask: &Ask, mode: Option<&str>) -> Result<Connection, Failure> {
        let stream = UnixStream::connect(&self.socket).await;
        let stream = stream.map_err(|error| Failure::Unsent(error.to_string()))?;
        let (read, mut write) = stream.into_split();
        let sent = write.write_all(&ask.message(mode)).await;
        sent.map_err(|error| Failure::Lost(error.to_string()))?;
        Ok(Connection { read: FramedRead::new(read, Frames::default()), write })
    }

    /// Tries as often as it may, before the deadline.
    async fn timed<T, F>(
        &self,
        call: &Call,
        ask: &Ask,
        attempt: impl Fn() -> F,
    ) -> Result<Result<T, Refusal>, RuntimeError>
    where
        F: Future<Output = Result<Result<T, Refusal>, Failure>>,
    {
        let again = |failure: &Failure| match failure {
            Failure::Unsent(_) => true,
            Failure::Lost(_) => !ask.once,
            Failure::Malformed(_) | Failure::Refused(_) => false,
        };
        let work = tried(self.clock(), again, attempt);
        let done = within(self.clock(), ask.limit, work).await.map_err(|_| {
            let seconds = ask.limit.as_secs();
            call.error(ErrorKind::TimedOut, format!("Podman did not answer within {seconds} s"))
        })?;
        done.map_err(|failure| self.failed(call, ask.once, failure))
    }

    /// A failure as an error of `call`, which changes something or does not.
    pub(super) fn failed(&self, call: &Call, once: bool, failure: Failure) -> RuntimeError {
        let socket = self.socket.display();
        match failure {
            Failure::Unsent(cause) => call.error(
                ErrorKind::Unavailable,
                format!(
                    "cannot reach Podman at {socket}: {cause}; start its service (systemctl enable --now \
                     io.podman.socket) or set socket_path"
                ),
            ),
            Failure::Lost(cause) if once => call.error(
                ErrorKind::OutcomeUnknown,
                format!("the connection to Podman broke before its reply: {cause}"),
            ),
            Failure::Lost(cause) => {
                call.error(ErrorKind::Unavailable, format!("Podman at {socket} went away: {cause}"))
            }
            // Something was answered, so something may have been done.
            Failure::Malformed(cause) => {
                let kind = if once { ErrorKind::OutcomeUnknown } else { ErrorKind::Malformed };
                call.error(kind, format!("the reply of {socket} is not Podman's: {cause}"))
            }
            Failure::Refused(refusal) => refusal.error(call, super::refusal::usual),
        }
    }
}

impl Connection {
    async fn message(&mut self) -> Result<BytesMut, Failure> {
        match self.read.next().await {
            Some(message) => Ok(message?),
            // What a service does that failed before it could say why.
            None => Err(Failure::Lost(io::Error::from(io::ErrorKind::UnexpectedEof).to_string())),
        }
    }
}

impl<'a> Reply<'a> {
    fn of(message: &'a [u8]) -> Result<Self, Failure> {
        // serde would take an array for an object whose keys were left out.
        if message.first() != Some(&b'{') {
            return Err(Failure::Malformed("a message that is no object".to_owned()));
        }
        serde_json::from_slice(message).map_err(|error| Failure::Malformed(error.to_string()))
    }

    fn parameters(&self) -> &'a str {
        self.parameters.map_or("null", RawValue::get)
    }

    fn decode<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        decoded(self.parameters()).map_err(|error| Failure::Malformed(error.to_string()))
    }
}

impl Replies {
    /// The next reply; `None` after the last one, which said so.
    pub(super) async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Failure> {
        if self.over {
            return Ok(None);
        }
        let message = self.connection.message().await;
        // Whatever is no reply is the last.
        self.over = true;
        let message = message?;
        let reply = Reply::of(&message)?;
        if let Some(name) = &reply.error {
            return Err(Failure::Refused(Refusal::new(name.clone(), reply.parameters())));
        }
        let value = reply.decode()?;
        self.over = !reply.continues;
        Ok(Some(value))
    }
}

/// The only reply to a call.
fn settled<T: DeserializeOwned>(message: &[u8]) -> Result<Result<T, Refusal>, Failure> {
    let reply = Reply::of(message)?;
    match &reply.error {
        Some(name) => Ok(Err(Refusal::new(name.clone(), reply.parameters()))),
        None if reply.continues => Err(Failure::Malformed("a reply to a call for more".to_owned())),
        None => reply.decode().map(Ok),
    }
}

/// `text`, if it is the JSON that the protocol says; an error names the place.
fn decoded<T: DeserializeOwned>(text: &str) -> Result<T, serde_path_to_error::Error<serde_json::Error>> {
    // As bytes, like the other wire: the code for what both decode is there once.
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(text.as_bytes()))
}

/// The JSON within a text, as Podman 1 puts long descriptions.
pub fn decode_text<T: DeserializeOwned>(call: &Call, text: &str) -> Result<T, RuntimeError> {
    decoded(text)
        .map_err(|error| call.error(ErrorKind::Malformed, format!("Podman's reply makes no sense: {error}")))
}

#[cfg(test)]
#[path = "client_tests.rs"]
pub(super) mod tests;
