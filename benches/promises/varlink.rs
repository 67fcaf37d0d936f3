//! StartTask on Podman 1 against the bare varlink calls, in turn.

use crate::host::Host;
use crate::plugin::Plugin;
use crate::start::{configure, driver_start, row};
use crate::{Row, median, task};
use nomad_driver_podman::adapters::nomad::convert::request;
use nomad_driver_podman::adapters::nomad::proto::driver as wire;
use nomad_driver_podman::adapters::podman::varlink::spec;
use nomad_driver_podman::domain::config::{PluginConfig, TaskConfig};
use nomad_driver_podman::domain::container::{Node, plan};
use nomad_driver_podman::domain::fingerprint::RuntimeFacts;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

const ROUNDS: usize = 40;

/// `None` without a Podman 1 ([`PODMAN_V1_SOCKET`](../../tests/contract/podman1_arm.rs)).
pub async fn ratio(binary: &Path) -> Option<Row> {
    let socket = std::env::var("PODMAN_V1_SOCKET").ok()?;
    let image = std::env::var("PODMAN_V1_IMAGE").unwrap_or_else(|_| "localhost/busybox:latest".to_owned());
    let work = tempfile::tempdir().unwrap();
    let plugin = Plugin::start(binary);
    let mut host: Host = plugin.dial().await;
    let path = socket.trim_start_matches("varlink:").trim_start_matches("unix:").to_owned();
    configure(&mut host, &format!("unix://{path}")).await;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        theirs.push(bare_start(Path::new(&path), task::sleeper(work.path(), &image, 2 * round)));
        ours.push(driver_start(&mut host, task::sleeper(work.path(), &image, 2 * round + 1)).await);
    }
    let promise = "StartTask to bare varlink create + start";
    // The first of each pays for warming up.
    Some(Row { promise, ..row(median(ours.split_off(1)), median(theirs.split_off(1))) })
}

fn bare_start(socket: &Path, task: wire::TaskConfig) -> Duration {
    let create = json!({ "create": create(task) });
    let mut stream = UnixStream::connect(socket).unwrap();
    let before = Instant::now();
    let created = call(&mut stream, "CreateContainer", &create);
    call(&mut stream, "StartContainer", &json!({ "name": created["container"] }));
    let elapsed = before.elapsed();
    let remove = json!({ "name": created["container"], "force": true, "removeVolumes": true });
    call(&mut stream, "RemoveContainer", &remove);
    elapsed
}

/// What the driver would send for this task.
fn create(task: wire::TaskConfig) -> Value {
    let request = request::task(task).unwrap();
    let config = TaskConfig::decode(&request.config).unwrap();
    let runtime = RuntimeFacts { version: "1.9.3".to_owned(), api: "varlink", ..RuntimeFacts::default() };
    let node = Node { plugin: &PluginConfig::default(), runtime: &runtime, cores: 4 };
    spec::create(&plan(&request, &config, node).unwrap().spec).unwrap()
}

fn call(stream: &mut UnixStream, method: &str, parameters: &Value) -> Value {
    let request = json!({ "method": format!("io.podman.{method}"), "parameters": parameters });
    stream.write_all(format!("{request}\0").as_bytes()).unwrap();
    let mut reply = Vec::new();
    BufReader::new(stream).read_until(0, &mut reply).unwrap();
    assert_eq!(reply.pop(), Some(0), "{method}: the service hung up");
    let reply: Value = serde_json::from_slice(&reply).unwrap();
    assert_eq!(reply["error"], Value::Null, "{method}: {reply}");
    reply["parameters"].clone()
}
