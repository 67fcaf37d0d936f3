//! The bare calls of Podman 1, and a broom.

use nomad_driver_podman::adapters::nomad::convert::request;
use nomad_driver_podman::adapters::nomad::proto::driver as wire;
use nomad_driver_podman::adapters::podman::varlink::spec;
use nomad_driver_podman::domain::config::{PluginConfig, TaskConfig};
use nomad_driver_podman::domain::container::{Node, plan};
use nomad_driver_podman::domain::fingerprint::RuntimeFacts;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longer than any call takes that is not going to hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that is kept.
pub struct Varlink {
    stream: BufReader<UnixStream>,
}

impl Varlink {
    pub fn connect(socket: &Path) -> Result<Self, String> {
        Self::patient(socket, PATIENCE)
    }

    /// With another patience.
    pub fn patient(socket: &Path, patience: Duration) -> Result<Self, String> {
        let open = || {
            let stream = UnixStream::connect(socket)?;
            stream.set_read_timeout(Some(patience))?;
            stream.set_write_timeout(Some(patience))?;
            Ok(Self { stream: BufReader::new(stream) })
        };
        open().map_err(|error: std::io::Error| format!("{}: {error}", socket.display()))
    }

    pub fn call(&mut self, method: &str, parameters: &Value) -> Result<Value, String> {
        let request = json!({ "method": format!("io.podman.{method}"), "parameters": parameters });
        let mut reply = Vec::new();
        let sent = self.stream.get_mut().write_all(format!("{request}\0").as_bytes());
        let read = sent.and_then(|()| self.stream.read_until(0, &mut reply));
        read.map_err(|error| format!("{method}: {error}"))?;
        let whole = reply.strip_suffix(b"\0").ok_or_else(|| format!("{method}: the service hung up"))?;
        let reply: Value = serde_json::from_slice(whole).map_err(|error| format!("{method}: {error}"))?;
        match &reply["error"] {
            Value::Null => Ok(reply["parameters"].clone()),
            _ => Err(format!("{method}: {reply}")),
        }
    }

    pub fn remove(&mut self, container: &Value) -> Result<(), String> {
        let request = json!({ "name": container, "force": true, "removeVolumes": true });
        self.call("RemoveContainer", &request).map(drop).or_else(|refused| {
            // 1.9.3 ends a container and then may not find the record of its end, or finds it gone: the container is
            // removed all the same, or the next time.
            match self.call("InspectContainer", &json!({ "name": container })) {
                Err(_) => Ok(()),
                Ok(_) => self
                    .call("RemoveContainer", &request)
                    .map(drop)
                    .map_err(|again| format!("{refused}; {again}")),
            }
        })
    }
}

/// Removes what has this mark in its name, when a round is over and whatever became of it.
pub struct Sweep {
    socket: PathBuf,
    mark: String,
}

impl Sweep {
    pub fn new(socket: &Path, mark: &str) -> Self {
        Self { socket: socket.to_owned(), mark: mark.to_owned() }
    }

    fn sweep(&self) -> Result<(), String> {
        let mut podman = Varlink::connect(&self.socket)?;
        let all = podman.call("Ps", &json!({ "opts": { "all": true, "noTrunc": true } }))?;
        let has_mark = |container: &&Value| container.to_string().contains(&self.mark);
        for container in all["containers"].as_array().into_iter().flatten().filter(has_mark) {
            podman.remove(&container["id"])?;
        }
        Ok(())
    }
}

impl Drop for Sweep {
    fn drop(&mut self) {
        if let Err(error) = self.sweep() {
            eprintln!("what is left on Podman 1: {error}");
        }
    }
}

/// What the driver would send for this task.
pub fn create(task: wire::TaskConfig) -> Value {
    let request = request::task(task).unwrap();
    let config = TaskConfig::decode(&request.config).unwrap();
    let runtime = RuntimeFacts { version: "1.9.3".to_owned(), api: "varlink", ..RuntimeFacts::default() };
    let node = Node { plugin: &PluginConfig::default(), runtime: &runtime, cores: 4 };
    spec::create(&plan(&request, &config, node).unwrap().spec).unwrap()
}
