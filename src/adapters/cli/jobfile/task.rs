//! Tasks of a job file.

use super::blocks::{BlockView, Fields};
use super::config;
use super::decode::{network, restart};
use super::evaluator::Evaluator;
use super::model::{Lifecycle, ResourceSpec, RestartPolicy, Task};
use super::source::Place;
use crate::domain::task::request::MemoryMax;
use std::sync::Arc;
use std::time::Duration;

/// Nomad's default for `kill_timeout`.
const KILL_TIMEOUT: Duration = Duration::from_secs(5);
/// Nomad's default for `resources { cpu }`, in MHz.
const CPU: u64 = 100;
/// Nomad's default for `resources { memory }`, in MiB.
const MEMORY: u64 = 300;

const IGNORED: &[&str] = &[
    "action",
    "affinity",
    "constraint",
    "consul",
    "kind",
    "scaling",
    "schedule",
    "service",
    "shutdown_delay",
];

const UNPLAYED: &[(&str, &str)] = &[
    ("artifact", "nothing is downloaded"),
    ("csi_plugin", "the task runs as any other"),
    ("dispatch_payload", "no file is written"),
    ("identity", "the task gets no token"),
    ("secret", "nothing is fetched"),
    ("template", "no file is rendered"),
    ("vault", "the task gets no token"),
    ("volume_mount", "the task runs without it"),
];

/// Reads a `task` block; `inherited` is the policy of its group.
pub(super) fn task(eval: &mut Evaluator, view: &BlockView<'_>, inherited: RestartPolicy) -> Task {
    let name = view.name(eval);
    let place = Place { source: Arc::clone(eval.source()), span: view.span.clone() };
    let mut fields = Fields::new(view, eval);
    let driver = fields.text("driver");
    // One that cannot be evaluated has been told, or is not known yet.
    let missing = driver.is_none() && view.body.get_attribute("driver").is_none();
    let driver = driver.unwrap_or_else(|| if missing { String::new() } else { "?".to_owned() });
    if driver.is_empty() {
        fields.eval.problem(view.span.clone(), format!("task {name:?} names no driver"));
    }
    let restart = restart(&mut fields, inherited);
    let config = fields.block("config");
    let task = Task {
        user: fields.text("user").filter(|user| !user.is_empty()),
        env: fields.text_map("env"),
        meta: fields.text_map("meta"),
        resources: resources(&mut fields),
        kill_timeout: fields.duration("kill_timeout").unwrap_or(KILL_TIMEOUT),
        kill_signal: fields.read("kill_signal", |value| {
            value.as_str().unwrap_or_default().parse().map_err(|error| format!("cannot be used: {error}"))
        }),
        lifecycle: lifecycle(&mut fields),
        logs_disabled: logs_disabled(&mut fields),
        leader: fields.flag("leader"),
        // Options of another driver are not ours to judge.
        config: match config {
            Some(block) if driver == super::DRIVER => config::read(fields.eval, &block),
            _ => config::absent(fields.eval, view),
        },
        name,
        driver,
        restart,
        place,
    };
    fields.finish(IGNORED, UNPLAYED);
    task
}

fn resources(fields: &mut Fields<'_, '_>) -> ResourceSpec {
    let default = ResourceSpec {
        cpu: CPU,
        cores: None,
        memory: MEMORY,
        memory_is_known: true,
        memory_max: MemoryMax::Unset,
        network: None,
    };
    let Some(block) = fields.block("resources") else { return default };
    let mut fields = Fields::new(&block, fields.eval);
    let (memory, limit) = (fields.number("memory"), fields.number::<i64>("memory_max"));
    let unread = |name: &str, given: bool| !given && block.body.has_attribute(name);
    let memory_is_known = !unread("memory", memory.is_some()) && !unread("memory_max", limit.is_some());
    let memory_max = match limit {
        None | Some(0) => MemoryMax::Unset,
        Some(-1) => MemoryMax::Unlimited,
        Some(megabytes) => u64::try_from(megabytes).map_or(MemoryMax::Unset, MemoryMax::Megabytes),
    };
    let resources = ResourceSpec {
        cpu: fields.number("cpu").unwrap_or(default.cpu),
        cores: fields.number("cores"),
        memory: memory.unwrap_or(default.memory),
        memory_is_known,
        memory_max,
        network: network(&mut fields, 1),
    };
    fields.finish(&["disk", "iops", "numa", "secrets"], &[("device", "the task runs without it")]);
    resources
}

fn logs_disabled(fields: &mut Fields<'_, '_>) -> bool {
    let Some(block) = fields.block("logs") else { return false };
    let mut fields = Fields::new(&block, fields.eval);
    let disabled = fields.flag("disabled");
    fields.finish(&["enabled", "max_files", "max_file_size"], &[]);
    disabled
}

fn lifecycle(fields: &mut Fields<'_, '_>) -> Lifecycle {
    let Some(block) = fields.block("lifecycle") else { return Lifecycle::Main };
    let mut fields = Fields::new(&block, fields.eval);
    let sidecar = fields.flag("sidecar");
    let hook = fields.read("hook", |value| {
        Ok(match (value.as_str(), sidecar) {
            (Some("prestart"), false) => Lifecycle::Prestart,
            (Some("prestart"), true) => Lifecycle::PrestartSidecar,
            (Some("poststart"), false) => Lifecycle::Poststart,
            (Some("poststart"), true) => Lifecycle::PoststartSidecar,
            (Some("poststop"), _) => Lifecycle::Poststop,
            _ => return Err(format!("must be prestart, poststart or poststop, not {value}")),
        })
    });
    let missing = hook.is_none() && block.body.get_attribute("hook").is_none();
    if missing {
        fields.eval.problem(block.span.clone(), "a lifecycle block needs hook");
    }
    fields.finish(&[], &[]);
    hook.unwrap_or(Lifecycle::Main)
}
