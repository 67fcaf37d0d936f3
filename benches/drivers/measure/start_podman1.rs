//! StartTask on Podman 1 against the bare varlink calls, in turn.

use super::{IDLE, end, ms};
use crate::args::Args;
use crate::board::Board;
use crate::turns::in_turn;
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
use std::time::Instant;

/// Nothing without a Podman 1 (`PODMAN_V1_SOCKET`, see tests/support/README.md).
pub async fn all(args: &Args, board: &Board) {
    let Ok(socket) = std::env::var("PODMAN_V1_SOCKET") else {
        return board.skip("StartTask on Podman 1: PODMAN_V1_SOCKET is not set".to_owned());
    };
    let image = std::env::var("PODMAN_V1_IMAGE").unwrap_or_else(|_| "localhost/busybox:latest".to_owned());
    let path = socket.trim_start_matches("varlink:").trim_start_matches("unix:").to_owned();
    in_turn(board, "start on Podman 1", args.many(40, 8), "podman", async |session, _| {
        let agent = session.agent_with(json!({ "socket_path": format!("unix://{path}") })).await;
        let task = || session.silent_task(IDLE).with(json!({ "image": image }));
        let theirs = bare_start(Path::new(&path), agent.config_of(&task()).await);
        let config = agent.config_of(&task()).await;
        let task_id = config.id.clone();
        let before = Instant::now();
        agent.start_config(config).await.unwrap();
        let ours = ms(before);
        end(&agent, &task_id).await;
        vec![("start.v1", ours), ("start.v1.bare", theirs)]
    })
    .await;
}

fn bare_start(socket: &Path, task: wire::TaskConfig) -> f64 {
    let create = json!({ "create": create(task) });
    let mut stream = UnixStream::connect(socket).unwrap();
    let before = Instant::now();
    let created = call(&mut stream, "CreateContainer", &create);
    call(&mut stream, "StartContainer", &json!({ "name": created["container"] }));
    let elapsed = ms(before);
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
