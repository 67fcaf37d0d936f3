//! The bare API: create and start over one warm connection, with the body that the driver sends.

use nomad_driver_podman::adapters::nomad::convert::request;
use nomad_driver_podman::adapters::nomad::proto::driver as wire;
use nomad_driver_podman::adapters::podman::rest::spec;
use nomad_driver_podman::domain::config::{PluginConfig, TaskConfig};
use nomad_driver_podman::domain::container::{Node, plan};
use nomad_driver_podman::domain::fingerprint::RuntimeFacts;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// A connection that is kept alive.
pub struct Bare {
    stream: UnixStream,
}

impl Bare {
    pub fn connect(socket: &Path) -> Self {
        Self { stream: UnixStream::connect(socket).unwrap() }
    }

    /// Creates and starts; returns the id.
    pub fn create_and_start(&mut self, body: &[u8]) -> String {
        let created = self.call("POST", "/v4.0.0/libpod/containers/create", body);
        let id = created.split("\"Id\":\"").nth(1).expect("an id").split('"').next().unwrap().to_owned();
        self.call("POST", &format!("/v4.0.0/libpod/containers/{id}/start"), b"");
        id
    }

    pub fn remove(&mut self, id: &str) {
        self.call(
            "DELETE",
            &format!("/v4.0.0/libpod/containers/{id}?force=true&timeout=0&volumes=true"),
            b"",
        );
    }

    fn call(&mut self, method: &str, path: &str, body: &[u8]) -> String {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let (head, body) = self.reply();
        assert!(head.starts_with("HTTP/1.1 2"), "{path}: {head}{body}");
        body
    }

    /// Head and body of one reply with a Content-Length, or none.
    fn reply(&mut self) -> (String, String) {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head
                    .lines()
                    .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
                    .unwrap_or(0);
                if body.len() >= length {
                    return (head.to_owned(), body.to_owned());
                }
            }
            let read = self.stream.read(&mut chunk).unwrap();
            assert_ne!(read, 0, "the service hung up");
            bytes.extend_from_slice(&chunk[..read]);
        }
    }
}

/// The body that the driver would send for this task.
pub fn body(task: wire::TaskConfig) -> Vec<u8> {
    let request = request::task(task).unwrap();
    let config = TaskConfig::decode(&request.config).unwrap();
    let runtime = RuntimeFacts {
        version: "4.3.1".to_owned(),
        api: "rest",
        cgroup_version: 1,
        rootless: false,
        oci_runtime: String::new(),
        selinux: false,
        apparmor: false,
        seccomp: false,
        ..RuntimeFacts::default()
    };
    let node = Node { plugin: &PluginConfig::default(), runtime: &runtime, cores: 4 };
    spec::body(&plan(&request, &config, node).unwrap().spec, spec::Version(4, 3)).unwrap()
}
