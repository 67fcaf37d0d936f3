//! A task as the simulated host has it: what to run, when to stop it, what follows its end.

use super::rng::Rng;
use super::trace::CANARY;
use crate::domain::config::Value;
use crate::domain::signal::Signal;
use crate::domain::task::request::{Resources, TaskDirs, TaskMeta};
use crate::domain::task::{AllocId, TaskId, TaskRequest};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// See the module.
#[derive(Debug, Clone)]
pub struct SimTask {
    /// What the driver gets; the id is replaced for each start.
    pub request: TaskRequest,
    /// Restarts after an end that calls for one.
    pub restarts: u32,
    /// Pause before a restart.
    pub delay: Duration,
    /// A success calls for a restart too.
    pub is_service: bool,
    /// When, in the time of the world, the host stops it.
    pub stop_at: Duration,
    /// Before SIGKILL.
    pub kill_timeout: Duration,
    /// `None` for the image's.
    pub kill_signal: Option<Signal>,
}

/// What programs of drawn tasks do.
const SCRIPTS: &[&str] = &[
    "out up\\n\nsleep 20s\nout done\\n\nexit 3",
    "out up\\n\nsleep 90s\nexit 0",
    "trap TERM {\n out stopping\\n\n sleep 1s\n exit 0\n}\nout up\\n\nforever",
    "trap TERM {\n exit 9\n}\nignore HUP\nfill out 200000\nerr ready\\n\nforever",
    "ignore TERM\nignore HUP\nout stubborn\\n\nforever",
    "exit 7",
    "fork {\n fill err 100000\n sleep 1h\n}\nsleep 5m\nexit 1",
    "sleep 2s\nallocate 99999999999\nexit 0",
    "trap HUP {\n out reloaded\\n\n}\nsleep 30m\nexit 42",
];

/// The program of a world with planned faults.
const PLANNED_SCRIPT: &str =
    "ignore HUP\ntrap TERM {\n out stopping\\n\n sleep 1s\n exit 5\n}\nout up\\n\nforever";

impl SimTask {
    /// A task drawn from `rng`, to be stopped before `end`.
    pub fn drawn(number: usize, end: Duration, rng: &mut Rng) -> Self {
        let script = rng.pick(SCRIPTS).copied().unwrap_or_default();
        let stop_at = rng.between(Duration::from_secs(30), end);
        let kill_timeout = *rng.pick(&[0, 1, 5, 60]).unwrap_or(&5);
        let signal = rng.permille(200).then_some(Signal::HUP);
        let mut request = request(&format!("t{number}"), &alloc(rng), script);
        if rng.permille(200) {
            request.dirs.stdout = Path::new("/dev/null").into();
            request.dirs.stderr = Path::new("/dev/null").into();
        }
        Self {
            restarts: u32::try_from(rng.below(4)).unwrap_or(0),
            delay: Duration::from_secs(15),
            is_service: rng.permille(500),
            stop_at,
            kill_timeout: Duration::from_secs(kill_timeout),
            kill_signal: signal,
            request,
        }
    }

    /// The task of a world with planned faults: it runs until it is stopped, or for a while.
    pub fn planned(ends_by_itself: bool, rng: &mut Rng) -> Self {
        let script =
            if ends_by_itself { "out up\\n\nsleep 20s\nout done\\n\nexit 3" } else { PLANNED_SCRIPT };
        Self {
            request: request("web", &alloc(rng), script),
            restarts: 2,
            delay: Duration::from_secs(15),
            is_service: false,
            stop_at: Duration::from_secs(if ends_by_itself { 1800 } else { 40 }),
            kill_timeout: Duration::from_secs(5),
            kill_signal: None,
        }
    }

    /// It asks for its image at each start.
    pub fn always_pulls(&mut self) {
        if let Value::Map(config) = &mut self.request.config {
            config.insert("pull_policy".to_owned(), Value::from("always"));
        }
    }

    /// A task that comes after all others, on the node of `neighbour`, when nothing goes wrong any more.
    pub fn last(now: Duration, neighbour: &TaskMeta, rng: &mut Rng) -> Self {
        let mut request = request("last", &alloc(rng), "ignore HUP\nout up\\n\nsleep 30s\nexit 0");
        request.meta.node_id.clone_from(&neighbour.node_id);
        let stop_at = now + Duration::from_secs(600);
        Self { request, restarts: 0, stop_at, ..Self::planned(true, rng) }
    }
}

fn alloc(rng: &mut Rng) -> String {
    format!("{:08x}-0000-4000-8000-{:012x}", rng.bits() >> 32, rng.bits() >> 16)
}

/// A request with secrets wherever there can be some.
fn request(name: &str, alloc: &str, script: &str) -> TaskRequest {
    let auth = Value::object([("username", Value::from("someone")), ("password", Value::from(CANARY))]);
    let labels = Value::List(vec![Value::object([("token", Value::from(CANARY))])]);
    // With and without an address, which StartTask has to look for.
    let network =
        if alloc.as_bytes().first().is_some_and(|digit| digit % 2 == 0) { "none" } else { "bridge" };
    let config = Value::object([
        ("image", Value::from("docker.io/library/app:1")),
        ("command", Value::from("program")),
        ("args", Value::List(vec![Value::from(script)])),
        ("auth", auth),
        ("labels", labels),
        ("network_mode", Value::from(network)),
    ]);
    let dir = PathBuf::from(format!("/simulated/alloc/{alloc}"));
    TaskRequest {
        id: TaskId::new(""),
        meta: TaskMeta {
            task_name: name.to_owned(),
            alloc_id: AllocId::new(alloc),
            group_name: "group".to_owned(),
            job_name: "job".to_owned(),
            job_id: "job".to_owned(),
            namespace: "default".to_owned(),
            node_name: "node".to_owned(),
            node_id: "node-1".to_owned(),
        },
        config,
        env: [("TOKEN", CANARY)].into_iter().collect(),
        resources: Resources { memory_mb: 256, ..Resources::default() },
        mounts: vec![],
        devices: vec![],
        user: None,
        dirs: TaskDirs {
            task_name: name.to_owned(),
            stdout: dir.join(format!("alloc/logs/.{name}.stdout.fifo")).into(),
            stderr: dir.join(format!("alloc/logs/.{name}.stderr.fifo")).into(),
            alloc: dir.into(),
        },
        network: None,
        dns: None,
    }
}
