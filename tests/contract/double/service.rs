//! Connections and messages: one request after the other, each answered before the next is read.

use super::{exec, log::Logs, methods};
use futures_util::FutureExt;
use nomad_driver_podman::adapters::memory::MemoryRuntime;
use nomad_driver_podman::domain::container::ContainerSpec;
use nomad_driver_podman::domain::container::spec::LogDriver;
use nomad_driver_podman::domain::task::identity::ContainerId;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast;

/// What the service has besides the runtime.
pub struct Double {
    pub memory: Arc<MemoryRuntime>,
    pub logs: Logs,
    /// As they were created, by id.
    pub specs: Mutex<HashMap<String, ContainerSpec>>,
    /// Ids and detach keys of running sessions, by container.
    pub sessions: Mutex<HashMap<String, Vec<(String, String)>>>,
    pub sessions_so_far: AtomicU64,
    /// Containers whose root is unmounted some time after their end: the first start after it finds none.
    pub unmounting: Mutex<HashSet<String>>,
    /// The method whose next reply does not arrive as it should, after its effect.
    pub spoiling: Mutex<Option<(&'static str, Spoilt)>>,
    /// See [`super::events`].
    pub ends: broadcast::Sender<Value>,
    /// Names of volumes that were made.
    pub volumes: Mutex<HashSet<String>>,
    /// Name and password of those who pulled.
    pub accounts: Mutex<Vec<(String, String)>>,
    pub complaints: Complaints,
}

/// What becomes of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoilt {
    Lost,
    /// No reply to that call.
    Garbled,
}

/// What the adapter did that no client may do. Whoever asked may have overlooked the error that it got for it.
#[derive(Debug, Clone, Default)]
pub struct Complaints(Arc<Mutex<Vec<String>>>);

impl Complaints {
    pub fn add(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }

    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A request. What varlink does not have is refused by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    method: String,
    #[serde(default)]
    parameters: Map<String, Value>,
    #[serde(default)]
    pub more: bool,
    #[serde(default)]
    upgrade: bool,
}

/// An error by name.
#[derive(Debug)]
pub struct No(pub String, pub Value);

impl No {
    /// What Podman says most of its noes with.
    pub fn occurred(reason: impl Into<String>) -> Self {
        Self("io.podman.ErrorOccurred".to_owned(), json!({ "reason": reason.into() }))
    }

    /// The parameters, or the flags beside them, are not those of the method.
    pub fn parameter(which: &str) -> Self {
        Self("org.varlink.service.InvalidParameter".to_owned(), json!({ "parameter": which }))
    }

    /// A handler that fails without a word, upon which the service closes the connection.
    pub fn hangs_up() -> Self {
        Self(String::new(), Value::Null)
    }

    /// What only a client that does not know the interface is told.
    fn is_complaint(&self) -> bool {
        self.0.starts_with("org.varlink.service.")
    }
}

impl Double {
    /// Serves until the tokio runtime ends. Logs are files in `dir`.
    pub fn start(socket: &Path, dir: &Path, memory: Arc<MemoryRuntime>) -> Arc<Self> {
        let listener = UnixListener::bind(socket).unwrap();
        let logs = Logs::new(dir.to_owned());
        let double = Arc::new(Self {
            memory,
            logs,
            specs: Mutex::default(),
            sessions: Mutex::default(),
            sessions_so_far: AtomicU64::new(1),
            unmounting: Mutex::default(),
            spoiling: Mutex::default(),
            ends: broadcast::Sender::new(64),
            volumes: Mutex::default(),
            accounts: Mutex::default(),
            complaints: Complaints::default(),
        });
        let serving = Arc::clone(&double);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&serving).watched(stream));
            }
        });
        double
    }

    /// Whether what the container writes goes to a journal, of which there is none.
    pub fn has_journal(&self, container: &ContainerId) -> bool {
        let specs = self.specs.lock().unwrap();
        specs.get(container.as_str()).is_some_and(|spec| spec.log.driver == LogDriver::Journal)
    }

    /// Where the files of a container are.
    pub fn userdata(&self, container: &str) -> PathBuf {
        self.logs.dir.join(container).join("userdata")
    }

    /// An assertion that fails here is the client's fault.
    async fn watched(self: Arc<Self>, stream: UnixStream) {
        let complaints = self.complaints.clone();
        if let Err(panic) = AssertUnwindSafe(self.serve(stream)).catch_unwind().await {
            complaints.add(words(&*panic));
        }
    }

    async fn serve(self: Arc<Self>, stream: UnixStream) {
        let (read, mut write) = stream.into_split();
        let mut read = BufReader::new(read);
        loop {
            let mut message = Vec::new();
            if read.read_until(0, &mut message).await.unwrap_or(0) == 0 {
                return;
            }
            if message.pop() != Some(0) {
                return self.complaints.add("a request without its end");
            }
            let request = match serde_json::from_slice::<Request>(&message) {
                Ok(request) => request,
                // Podman closes the connection on what is no JSON.
                Err(error) => return self.complaints.add(format!("no request: {error}")),
            };
            if request.method == "io.podman.ExecContainer" {
                return self.upgrade(request, read, write).await;
            }
            let mut reply = self.answer(&request, &mut write).await;
            if reply["error"] == "" {
                return;
            }
            let spoilt = self.spoiling.lock().unwrap().take_if(|(method, _)| *method == request.method);
            match spoilt {
                None => {}
                Some((_, Spoilt::Lost)) => return,
                Some((_, Spoilt::Garbled)) => reply = json!({ "parameters": { "exitcode": 0 } }),
            }
            if say(&mut write, &reply).await.is_err() {
                return;
            }
        }
    }

    async fn answer(self: &Arc<Self>, request: &Request, write: &mut OwnedWriteHalf) -> Value {
        match methods::call(self, request, write).await {
            Ok(parameters) => json!({ "parameters": parameters }),
            Err(no) => self.refuse(request, no),
        }
    }

    fn refuse(&self, request: &Request, no: No) -> Value {
        if no.is_complaint() {
            self.complaints.add(format!("{}: {} {}", request.method, no.0, no.1));
        }
        json!({ "error": no.0, "parameters": no.1 })
    }

    async fn upgrade(&self, request: Request, read: BufReader<OwnedReadHalf>, mut write: OwnedWriteHalf) {
        let session = match exec::begin(self, &request).await {
            Ok(session) => session,
            Err(no) => return drop(say(&mut write, &self.refuse(&request, no)).await),
        };
        if say(&mut write, &json!({})).await.is_ok() {
            session.carry(self, read, write).await;
        }
    }
}

impl Request {
    pub fn method(&self) -> &str {
        &self.method
    }

    pub fn is_upgrade(&self) -> bool {
        self.upgrade
    }

    /// The parameters, which must be exactly those of the method.
    pub fn input<T: serde::de::DeserializeOwned>(&self) -> Result<T, No> {
        serde_json::from_value(Value::Object(self.parameters.clone())).map_err(|error| {
            // The real one says less; a person who made the adapter err wants to know.
            println!("{}: {error}", self.method);
            No::parameter("parameters")
        })
    }

    /// The real one overlooks flags that a method knows nothing to do with.
    pub fn has_flags_of(&self, more: bool, upgrade: bool) -> Result<(), No> {
        match self {
            _ if self.more && !more => Err(No::parameter("more")),
            _ if self.upgrade && !upgrade => Err(No::parameter("upgrade")),
            _ => Ok(()),
        }
    }
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
}

pub async fn say(write: &mut OwnedWriteHalf, message: &Value) -> std::io::Result<()> {
    write.write_all(format!("{message}\0").as_bytes()).await
}
