//! Connections and messages: one request after the other, each answered before the next is read.

use super::{exec, log::Logs, methods};
use nomad_driver_podman::adapters::memory::MemoryRuntime;
use nomad_driver_podman::domain::container::ContainerSpec;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
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
    /// The method whose next reply gets lost, after its effect.
    pub losing: Mutex<Option<&'static str>>,
    /// See [`super::events`].
    pub ends: broadcast::Sender<Value>,
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

    /// The parameters are not those of the method.
    pub fn parameters() -> Self {
        Self("org.varlink.service.InvalidParameter".to_owned(), json!({ "parameter": "parameters" }))
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
            losing: Mutex::default(),
            ends: broadcast::Sender::new(64),
        });
        let serving = Arc::clone(&double);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&serving).serve(stream));
            }
        });
        double
    }

    /// Where the files of a container are.
    pub fn userdata(&self, container: &str) -> PathBuf {
        self.logs.dir.join(container).join("userdata")
    }

    async fn serve(self: Arc<Self>, stream: UnixStream) {
        let (read, mut write) = stream.into_split();
        let mut read = BufReader::new(read);
        loop {
            let mut message = Vec::new();
            if read.read_until(0, &mut message).await.unwrap_or(0) == 0 || message.pop() != Some(0) {
                return;
            }
            // Podman closes the connection on what is no JSON.
            let Ok(request) = serde_json::from_slice::<Request>(&message) else { return };
            if request.method == "io.podman.ExecContainer" {
                return self.upgrade(request, read, write).await;
            }
            let reply = self.answer(&request, &mut write).await;
            if self.losing.lock().unwrap().take_if(|method| *method == request.method).is_some() {
                return;
            }
            if say(&mut write, &reply).await.is_err() {
                return;
            }
        }
    }

    async fn answer(self: &Arc<Self>, request: &Request, write: &mut OwnedWriteHalf) -> Value {
        let called = methods::call(self, request, write).await;
        match called {
            Ok(parameters) => json!({ "parameters": parameters }),
            Err(No(error, parameters)) => json!({ "error": error, "parameters": parameters }),
        }
    }

    async fn upgrade(&self, request: Request, read: BufReader<OwnedReadHalf>, mut write: OwnedWriteHalf) {
        let session = match exec::begin(self, &request).await {
            Ok(session) => session,
            Err(No(error, parameters)) => {
                let _ = say(&mut write, &json!({ "error": error, "parameters": parameters })).await;
                return;
            }
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
            No::parameters()
        })
    }
}

pub async fn say(write: &mut OwnedWriteHalf, message: &Value) -> std::io::Result<()> {
    write.write_all(format!("{message}\0").as_bytes()).await
}
