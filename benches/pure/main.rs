//! The parts that neither wait nor ask anybody, one by one: `make bench-pure`.
//!
//! What is measured is what a task costs on its way through the driver; the goal of the log splitter is 400 MB/s.
//! Under `valgrind --tool=callgrind` with `--test` each runs once, so that two commits can be compared by their
//! number of instructions (`make bench-instructions`): those of [`counted`] alone, without what a bench prepares.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that fails shall say so")]

use bytes::BytesMut;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use nomad_driver_podman::adapters::nomad::convert::{msgpack, request};
use nomad_driver_podman::adapters::nomad::proto::driver as wire;
use nomad_driver_podman::adapters::podman::rest::spec;
use nomad_driver_podman::adapters::podman::varlink::frame::Frames;
use nomad_driver_podman::domain::config::{PluginConfig, TaskConfig, Value};
use nomad_driver_podman::domain::container::{Node, Plan, plan};
use nomad_driver_podman::domain::fingerprint::RuntimeFacts;
use nomad_driver_podman::domain::log::{K8sFile, LogBatch};
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::task::{ExitOutcome, Input, Machine, TaskRequest};
use serde_json::json;
use std::time::Duration;
use tokio_util::codec::Decoder;

fn main() {
    divan::main();
}

/// A task with options of every topic, as the agent sends it.
fn sent() -> Vec<u8> {
    let config = json!({
        "image": "docker.io/library/redis:7",
        "command": "redis-server",
        "args": ["--port", "6379", "--appendonly", "yes"],
        "volumes": ["/srv/data:/data:ro", "local/conf:/etc/redis"],
        "tmpfs": ["/scratch"],
        "labels": { "team": "storage", "tier": "cache" },
        "cap_drop": ["all"],
        "cap_add": ["chown", "setuid", "setgid"],
        "sysctl": { "net.core.somaxconn": "1024" },
        "ulimit": { "nofile": "4096:8192" },
        "memory_reservation": "64m",
        "hostname": "redis",
    });
    rmp(&config)
}

fn rmp(value: &serde_json::Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &rmpv(value)).unwrap();
    bytes
}

fn rmpv(value: &serde_json::Value) -> rmpv::Value {
    match value {
        serde_json::Value::String(text) => text.as_str().into(),
        serde_json::Value::Array(all) => rmpv::Value::Array(all.iter().map(rmpv).collect()),
        serde_json::Value::Object(all) => {
            rmpv::Value::Map(all.iter().map(|(name, value)| (name.as_str().into(), rmpv(value))).collect())
        }
        other => unreachable!("{other} is not used above"),
    }
}

fn request() -> TaskRequest {
    let config = wire::TaskConfig {
        id: "6a3b/redis/01".to_owned(),
        name: "redis".to_owned(),
        alloc_dir: "/opt/nomad/alloc/6a3b".to_owned(),
        alloc_id: "6a3b".to_owned(),
        stdout_path: "/dev/null".to_owned(),
        stderr_path: "/dev/null".to_owned(),
        msgpack_driver_config: sent().into(),
        env: (0..40).map(|number| (format!("NOMAD_VARIABLE_{number}"), "its value".to_owned())).collect(),
        ..wire::TaskConfig::default()
    };
    request::task(config).unwrap()
}

fn planned() -> Plan {
    let request = request();
    let config = TaskConfig::decode(&request.config).unwrap();
    let (plugin, runtime) = (PluginConfig::default(), runtime());
    plan(&request, &config, Node { plugin: &plugin, runtime: &runtime, cores: 4 }).unwrap()
}

fn runtime() -> RuntimeFacts {
    RuntimeFacts { version: "4.3.1".to_owned(), api: "rest", cgroup_version: 2, ..RuntimeFacts::default() }
}

/// What is measured, in functions that keep their names.
mod counted {
    use super::*;

    #[inline(never)]
    pub fn msgpack_decode(bytes: &[u8]) -> Value {
        msgpack::decode(bytes).unwrap()
    }

    #[inline(never)]
    pub fn config_decode(value: &Value) -> TaskConfig {
        TaskConfig::decode(value).unwrap()
    }

    #[inline(never)]
    pub fn spec_build(request: &TaskRequest, config: &TaskConfig, node: Node) -> Plan {
        plan(request, config, node).unwrap()
    }

    #[inline(never)]
    pub fn rest_body(planned: &Plan) -> Vec<u8> {
        spec::body(&planned.spec, spec::Version(4, 3)).unwrap()
    }

    #[inline(never)]
    pub fn machine_life() -> Machine {
        let mut machine = Machine::running(false);
        let lost = ExitOutcome::Unknown(String::new());
        let stop = Input::Stop { signal: Signal::TERM, grace: Duration::from_secs(5) };
        let destroy = Input::Destroy { force: false };
        for input in [stop, Input::GraceOver, Input::Ended(lost), destroy, Input::Removed] {
            black_box(machine.step(input).unwrap());
        }
        machine
    }

    #[inline(never)]
    pub fn log_split(piece: &[u8]) -> LogBatch {
        let mut batch = LogBatch::default();
        K8sFile::default().feed(piece, &mut batch);
        batch
    }

    #[inline(never)]
    pub fn varlink_frame(bytes: &[u8]) -> Option<BytesMut> {
        let mut buffer = BytesMut::from(bytes);
        Frames::default().decode(&mut buffer).unwrap()
    }
}

#[divan::bench]
fn msgpack_decode(bencher: Bencher) {
    let bytes = sent();
    bencher.bench(|| counted::msgpack_decode(black_box(&bytes)));
}

#[divan::bench]
fn config_decode(bencher: Bencher) {
    let value = msgpack::decode(&sent()).unwrap();
    bencher.bench(|| counted::config_decode(black_box(&value)));
}

#[divan::bench]
fn spec_build(bencher: Bencher) {
    let request = request();
    let config = TaskConfig::decode(&request.config).unwrap();
    let (plugin, runtime) = (PluginConfig::default(), runtime());
    bencher.bench(|| {
        let node = Node { plugin: &plugin, runtime: &runtime, cores: 4 };
        counted::spec_build(black_box(&request), black_box(&config), node)
    });
}

#[divan::bench]
fn rest_body(bencher: Bencher) {
    let planned = planned();
    bencher.bench(|| counted::rest_body(black_box(&planned)));
}

#[divan::bench]
fn machine_life() -> Machine {
    counted::machine_life()
}

/// One read of a log file: both streams in turn, lines of a hundred bytes.
#[divan::bench]
fn log_split(bencher: Bencher) {
    let line = |stream| format!("2026-11-23T19:53:33.513310562+00:00 {stream} F {}\n", "x".repeat(100));
    let pair = line("stdout") + &line("stderr");
    let piece = pair.repeat(64 * 1024 / pair.len()).into_bytes();
    bencher.counter(BytesCount::of_slice(&piece)).bench(|| counted::log_split(black_box(&piece)));
}

#[divan::bench]
fn varlink_frame(bencher: Bencher) {
    let reply = json!({ "parameters": { "container": "x".repeat(4096) } });
    let bytes = format!("{reply}\0");
    bencher.counter(BytesCount::of_str(&bytes)).bench(|| counted::varlink_frame(black_box(bytes.as_bytes())));
}
