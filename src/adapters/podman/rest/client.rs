//! One request, one reply, and everything that can come between them.

use super::connector::UnixConnector;
use super::refusal;
use crate::adapters::podman::call::Call;
use crate::domain::limits::{CHANGE_TIMEOUT, QUERY_TIMEOUT};
use crate::domain::secret::Secret;
use crate::ports::clock::{Clock, within};
use crate::ports::{ErrorKind, RuntimeError};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use std::error::Error as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// Most bytes of a reply. A list entry is about 2 KiB, so this is some ten thousand containers.
const REPLY_BYTES: usize = 32 << 20;

/// How much of a file is read at once.
const PIECE_BYTES: usize = 256 << 10;

/// Connections that stay open while nothing is asked. One costs 25 KiB here and a thread's stack there, and a new one
/// less than any request, so no more than what is needed all the time.
const IDLE_CONNECTIONS: usize = 2;

/// Every reply names the service's version in it (libpod REST 2.0 to 5; before 3.1 an API number).
const VERSION_HEADER: &str = "libpod-api-version";

/// What goes with a request.
#[derive(Clone)]
enum Content {
    /// Known.
    Bytes(Bytes),
    /// A file, read anew for each try, because it may not fit into memory.
    File(PathBuf),
}

/// A request's body on its way.
type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A request that has not been sent.
#[derive(Clone)]
pub struct Ask {
    method: Method,
    /// Below `/vX/libpod`.
    path: String,
    body: Content,
    /// The account at a registry, as the header has it.
    account: Option<Secret<String>>,
    /// It changes something: a second one is not the same as one.
    once: bool,
    limit: Option<Duration>,
    upgrade: bool,
}

impl Ask {
    fn new(method: Method, path: String, once: bool, limit: Duration) -> Self {
        Self {
            method,
            path,
            body: Content::Bytes(Bytes::new()),
            account: None,
            once,
            limit: Some(limit),
            upgrade: false,
        }
    }

    /// Asks for something.
    pub fn get(path: String) -> Self {
        Self::new(Method::GET, path, false, QUERY_TIMEOUT)
    }

    /// Changes something.
    pub fn post(path: String) -> Self {
        Self::new(Method::POST, path, true, CHANGE_TIMEOUT)
    }

    /// Removes something: twice is the same as once.
    pub fn delete(path: String) -> Self {
        Self::new(Method::DELETE, path, false, CHANGE_TIMEOUT)
    }

    /// With a JSON body. Without this content type the service eats it as a form (libpod REST 4.3).
    pub fn json(mut self, body: Vec<u8>) -> Self {
        self.body = Content::Bytes(body.into());
        self
    }

    /// With a file of this machine.
    pub fn file(mut self, path: PathBuf) -> Self {
        self.body = Content::File(path);
        self
    }

    /// As somebody, at a registry.
    pub fn account(mut self, header: Option<Secret<String>>) -> Self {
        self.account = header;
        self
    }

    /// Sending it twice does no harm.
    pub fn repeatable(mut self) -> Self {
        self.once = false;
        self
    }

    /// With another deadline than usual.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Without a deadline: it lasts as long as what it watches.
    pub fn unbounded(mut self) -> Self {
        self.limit = None;
        self
    }

    /// Turns the connection into a two-way stream.
    pub fn upgrade(mut self) -> Self {
        self.upgrade = true;
        self
    }
}

/// A complete reply.
#[derive(Debug)]
pub struct Reply {
    /// As received.
    pub status: StatusCode,
    /// At most [`REPLY_BYTES`].
    pub body: Bytes,
}

/// No complete reply.
enum Failure {
    /// Nothing was sent.
    Unsent(String),
    /// Sent, perhaps in part; then the connection broke.
    Lost(String),
    /// Not HTTP, or too much of it.
    Malformed(String),
}

/// The service behind one socket.
pub struct Podman {
    http: Client<UnixConnector, Body>,
    socket: Arc<Path>,
    clock: Arc<dyn Clock>,
    /// First number of its version; 0 while unknown.
    major: AtomicU32,
    version: Mutex<String>,
}

impl Podman {
    /// Does not connect.
    pub fn new(socket: PathBuf, clock: Arc<dyn Clock>) -> Self {
        let socket: Arc<Path> = socket.into();
        let mut http = Client::builder(TokioExecutor::new());
        let http = http.pool_max_idle_per_host(IDLE_CONNECTIONS).build(UnixConnector::new(socket.clone()));
        Self { http, socket, clock, major: AtomicU32::new(0), version: Mutex::default() }
    }

    /// The door to time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The version that the last reply named, empty after the service was away.
    pub fn version(&self) -> String {
        self.version.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// First number of [`Podman::version`], asking the service if nothing is known.
    pub async fn major(&self, call: &Call) -> Result<u32, RuntimeError> {
        if self.major.load(Ordering::Relaxed) == 0 {
            self.ping(call).await?;
        }
        Ok(self.major.load(Ordering::Relaxed))
    }

    /// The cheapest sign of life: 0.4 ms (libpod REST 4.3). Its headers tell the version.
    pub async fn ping(&self, call: &Call) -> Result<(), RuntimeError> {
        let reply = self.bounded(call, &Ask::get("/_ping".to_owned()), "/_ping").await?;
        match reply.status {
            StatusCode::OK if self.major.load(Ordering::Relaxed) == 0 => {
                Err(call
                    .error(ErrorKind::Malformed, "what listens on this socket is not Podman's REST service"))
            }
            StatusCode::OK => Ok(()),
            _ => Err(refusal::error(call, &reply, refusal::by_cause)),
        }
    }

    /// The whole reply to `ask`, of any status.
    ///
    /// # Errors
    /// As every method of the runtime port: no reply, too late, or not HTTP.
    pub async fn ask(&self, call: &Call, ask: &Ask) -> Result<Reply, RuntimeError> {
        let path = self.path(call, ask).await?;
        self.bounded(call, ask, &path).await
    }

    /// The head of the reply to `ask`, whose body goes on; refusals have been read whole.
    pub async fn open(&self, call: &Call, ask: &Ask) -> Result<Response<Incoming>, RuntimeError> {
        let path = self.path(call, ask).await?;
        let send = async {
            let response = self.send(ask, &path).await?;
            if response.status().is_success() || response.status() == StatusCode::SWITCHING_PROTOCOLS {
                return Ok(Ok(response));
            }
            read(response).await.map(Err)
        };
        let head = self.timed(call, ask, send).await?;
        head.map_err(|reply| refusal::error(call, &reply, refusal::by_cause))
    }

    async fn path(&self, call: &Call, ask: &Ask) -> Result<String, RuntimeError> {
        // Networks of a 4.x service refuse an older prefix; an older service knows no newer one.
        let prefix = if self.major(call).await? >= 4 { "v4.0.0" } else { "v3.0.0" };
        Ok(format!("/{prefix}/libpod{}", ask.path))
    }

    async fn bounded(&self, call: &Call, ask: &Ask, path: &str) -> Result<Reply, RuntimeError> {
        let attempt = || async { read(self.send(ask, path).await?).await };
        let twice = async {
            match attempt().await {
                // A pooled connection dies with the service that idled out or was restarted.
                Err(Failure::Lost(_) | Failure::Unsent(_)) if !ask.once => attempt().await,
                other => other,
            }
        };
        self.timed(call, ask, twice).await
    }

    async fn timed<T>(
        &self,
        call: &Call,
        ask: &Ask,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, RuntimeError> {
        let done = match ask.limit {
            None => work.await,
            Some(limit) => within(self.clock(), limit, work).await.map_err(|_| {
                let seconds = limit.as_secs();
                call.error(ErrorKind::TimedOut, format!("Podman did not answer within {seconds} s"))
            })?,
        };
        done.map_err(|failure| self.failed(call, ask, failure))
    }

    fn failed(&self, call: &Call, ask: &Ask, failure: Failure) -> RuntimeError {
        // Whoever answers next may be another version.
        self.major.store(0, Ordering::Relaxed);
        self.version.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let socket = self.socket.display();
        match failure {
            Failure::Unsent(cause) => call.error(
                ErrorKind::Unavailable,
                format!(
                    "cannot reach Podman at {socket}: {cause}; start its service (systemctl enable --now \
                     podman.socket) or set socket_path"
                ),
            ),
            Failure::Lost(cause) if ask.once => call.error(
                ErrorKind::OutcomeUnknown,
                format!("the connection to Podman broke before its reply: {cause}"),
            ),
            Failure::Lost(cause) => {
                call.error(ErrorKind::Unavailable, format!("Podman at {socket} went away: {cause}"))
            }
            // Something was answered, so something may have been done.
            Failure::Malformed(cause) => {
                let kind = if ask.once { ErrorKind::OutcomeUnknown } else { ErrorKind::Malformed };
                call.error(kind, format!("the reply of {socket} is not Podman's: {cause}"))
            }
        }
    }

    async fn send(&self, ask: &Ask, path: &str) -> Result<Response<Incoming>, Failure> {
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(format!("http://podman{path}"))
            .header(HOST, "podman")
            .header(CONTENT_TYPE, "application/json");
        if ask.upgrade {
            request = request.header("connection", "Upgrade").header("upgrade", "tcp");
        }
        if let Some(account) = &ask.account {
            request = request.header("x-registry-auth", account.reveal());
        }
        let body = body(&ask.body).await.map_err(|error| Failure::Unsent(error.to_string()))?;
        let request = request.body(body);
        let request = request.map_err(|error| Failure::Unsent(error.to_string()))?;
        let response = self.http.request(request).await.map_err(|error| client_failure(&error))?;
        self.learn(response.headers());
        Ok(response)
    }

    fn learn(&self, headers: &HeaderMap) {
        let Some(version) = headers.get(VERSION_HEADER).and_then(|value| value.to_str().ok()) else { return };
        let mut known = self.version.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != version {
            version.clone_into(&mut known);
            let major = version.split('.').next().and_then(|major| major.parse().ok());
            self.major.store(major.unwrap_or(0), Ordering::Relaxed);
        }
    }
}

async fn body(content: &Content) -> io::Result<Body> {
    match content {
        Content::Bytes(bytes) => Ok(Full::new(bytes.clone()).map_err(|never| match never {}).boxed_unsync()),
        Content::File(path) => {
            let pieces = stream::try_unfold(tokio::fs::File::open(path).await?, |mut file| async move {
                let mut piece = BytesMut::with_capacity(PIECE_BYTES);
                let read = file.read_buf(&mut piece).await?;
                Ok((read > 0).then(|| (Frame::data(piece.freeze()), file)))
            });
            Ok(StreamBody::new(pieces).boxed_unsync())
        }
    }
}

async fn read(response: Response<Incoming>) -> Result<Reply, Failure> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, REPLY_BYTES).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return Failure::Malformed(format!("more than {REPLY_BYTES} bytes"));
        }
        match error.downcast_ref::<hyper::Error>() {
            Some(error) if error.is_parse() => Failure::Malformed(chain(error)),
            _ => Failure::Lost(chain(&*error)),
        }
    })?;
    Ok(Reply { status: head.status, body: body.to_bytes() })
}

fn client_failure(error: &ClientError) -> Failure {
    let cause = error.source().and_then(|source| source.downcast_ref::<hyper::Error>());
    let text = error.source().map_or_else(|| error.to_string(), chain);
    match cause {
        _ if error.is_connect() => Failure::Unsent(text),
        Some(cause) if cause.is_canceled() => Failure::Unsent(text),
        Some(cause) if cause.is_parse() => Failure::Malformed(text),
        _ => Failure::Lost(text),
    }
}

/// An error and its causes, in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

impl Reply {
    /// The same of a change, which was made if it is not.
    pub fn json_of_change<T: DeserializeOwned>(&self, call: &Call) -> Result<T, RuntimeError> {
        self.json(call).map_err(|error| RuntimeError { kind: ErrorKind::OutcomeUnknown, ..error })
    }

    /// The body, if it is the JSON that the protocol says.
    pub fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<T, RuntimeError> {
        // To know the place of an error takes as long again, and the usual reply has none.
        serde_json::from_slice(&self.body).or_else(|_| {
            let mut json = serde_json::Deserializer::from_slice(&self.body);
            serde_path_to_error::deserialize(&mut json).map_err(|error| {
                call.error(ErrorKind::Malformed, format!("Podman's reply makes no sense: {error}"))
            })
        })
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
