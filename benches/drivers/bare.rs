//! The bare API: create and start over one warm connection, with the body that the driver sends, and the looks at a
//! container that need no driver.

use nomad_driver_podman::adapters::nomad::convert::request;
use nomad_driver_podman::adapters::nomad::proto::driver as wire;
use nomad_driver_podman::adapters::podman::rest::{RestRuntime, spec};
use nomad_driver_podman::adapters::system::SystemClock;
use nomad_driver_podman::domain::config::{PluginConfig, TaskConfig};
use nomad_driver_podman::domain::container::{Node, plan};
use nomad_driver_podman::domain::fingerprint::RuntimeFacts;
use nomad_driver_podman::ports::ContainerRuntime;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Longer than any call takes that is not going to hang.
const PATIENCE: Duration = Duration::from_secs(30);
/// What the agent of `tests/wire` says its node has.
const CORES: u32 = 2;

/// A connection that is kept alive.
pub struct Bare {
    stream: UnixStream,
}

impl Bare {
    /// To the service of `NDP_PODMAN_SOCKET`.
    pub fn connect() -> Self {
        let stream = UnixStream::connect(socket()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream }
    }

    /// One that the service has answered on, as the driver's have long been.
    pub fn warm() -> Self {
        let mut bare = Self::connect();
        bare.call("GET", "_ping", b"");
        bare
    }

    /// Creates and starts; returns the id.
    pub fn create_and_start(&mut self, body: &[u8]) -> String {
        let created = self.call("POST", "containers/create", body);
        let created: Value = serde_json::from_str(&created).unwrap();
        let id = created["Id"].as_str().expect("an id").to_owned();
        self.call("POST", &format!("containers/{id}/start"), b"");
        id
    }

    pub fn remove(&mut self, id: &str) {
        self.call("DELETE", &format!("containers/{id}?force=true&timeout=0&volumes=true"), b"");
    }

    /// Runs a command that prints nothing in a container, and asks how it ended.
    pub fn exec(&mut self, id: &str, command: &[&str]) {
        let session = json!({ "Cmd": command, "AttachStdout": true, "AttachStderr": true }).to_string();
        let session = self.call("POST", &format!("containers/{id}/exec"), session.as_bytes());
        let session: Value = serde_json::from_str(&session).unwrap();
        let session = session["Id"].as_str().expect("an id");
        // The stream takes its connection with it.
        let mut attached = Self::connect().stream;
        let start =
            head("POST", &format!("exec/{session}/start"), "Connection: Upgrade\r\nUpgrade: tcp\r\n", 2);
        attached.write_all(&[start.as_bytes(), b"{}"].concat()).unwrap();
        attached.read_to_end(&mut Vec::new()).unwrap();
        let ended: Value =
            serde_json::from_str(&self.call("GET", &format!("exec/{session}/json"), b"")).unwrap();
        assert_eq!(ended["ExitCode"], 0, "{ended}");
    }

    /// The first process of a container.
    pub fn pid(&mut self, id: &str) -> i32 {
        i32::try_from(self.inspect(id)["State"]["Pid"].as_i64().unwrap()).unwrap()
    }

    /// The file that a container's output goes to, if it is one.
    pub fn log_file(&mut self, id: &str) -> Option<PathBuf> {
        let path = PathBuf::from(self.inspect(id)["HostConfig"]["LogConfig"]["Path"].as_str()?);
        path.metadata().is_ok_and(|file| file.is_file()).then_some(path)
    }

    fn inspect(&mut self, id: &str) -> Value {
        serde_json::from_str(&self.call("GET", &format!("containers/{id}/json"), b"")).unwrap()
    }

    /// Waits for an end, as closely as the service can.
    pub fn wait(&mut self, id: &str) {
        self.call(
            "POST",
            &format!("containers/{id}/wait?condition=exited&condition=stopped&interval=5ms"),
            b"",
        );
    }

    fn call(&mut self, method: &str, path: &str, body: &[u8]) -> String {
        let head = head(method, path, "", body.len());
        self.stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let (head, body) = self.reply();
        assert!(head.starts_with("HTTP/1.1 2"), "{path}: {head}{body}");
        body
    }

    /// Head and body of one reply with a Content-Length, in pieces, or without a body.
    fn reply(&mut self) -> (String, String) {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n")
                && let Some(body) = whole(&head.to_ascii_lowercase(), body)
            {
                return (head.to_owned(), body);
            }
            let read = self.stream.read(&mut chunk).expect("an answer of the service");
            assert_ne!(read, 0, "the service hung up");
            bytes.extend_from_slice(&chunk[..read]);
        }
    }
}

fn socket() -> PathBuf {
    std::env::var("NDP_PODMAN_SOCKET").unwrap().trim_start_matches("unix://").into()
}

/// A request up to its body; `more` are whole header lines.
fn head(method: &str, path: &str, more: &str, length: usize) -> String {
    format!(
        "{method} /v4.0.0/libpod/{path} HTTP/1.1\r\nHost: d\r\n{more}Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

/// The body, once it is all there.
fn whole(head: &str, body: &str) -> Option<String> {
    if head.contains("transfer-encoding: chunked") {
        return body.ends_with("0\r\n\r\n").then(|| unchunked(body));
    }
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    (body.len() >= length).then(|| body.to_owned())
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        whole.push_str(&rest[..length]);
        body = rest[length..].trim_start();
    }
    whole
}

/// What the service says of itself, as the driver asks it.
pub async fn facts() -> RuntimeFacts {
    let runtime = RestRuntime::new(socket(), Arc::new(SystemClock));
    runtime.probe().await.expect("a description of the service")
}

/// The body that the driver would send for this task.
pub fn body(task: wire::TaskConfig, runtime: &RuntimeFacts) -> Vec<u8> {
    let request = request::task(task).unwrap();
    let config = TaskConfig::decode(&request.config).unwrap();
    let node = Node { plugin: &PluginConfig::default(), runtime, cores: CORES };
    let mut numbers = runtime.version.split('.').filter_map(|number| number.parse().ok());
    let version = spec::Version(numbers.next().unwrap_or(4), numbers.next().unwrap_or(0));
    spec::body(&plan(&request, &config, node).unwrap().spec, version).unwrap()
}
