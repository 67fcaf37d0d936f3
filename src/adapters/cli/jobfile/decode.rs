//! Jobs and groups. Tasks are in [`super::task`].

use super::blocks::{BlockView, Fields};
use super::evaluator::Evaluator;
use super::model::{Group, Job, JobKind, Network, PortSpec, PortTarget, RestartMode, RestartPolicy};
use super::task;
use super::variables::Purpose;
use crate::domain::task::request::Dns;

/// Names of a job that need no cluster to be ignored.
const JOB_IGNORED: &[&str] = &[
    "affinity",
    "all_at_once",
    "constraint",
    "consul",
    "consul_token",
    "migrate",
    "multiregion",
    "node_pool",
    "priority",
    "reschedule",
    "spread",
    "ui",
    "update",
    "vault_token",
];

const JOB_UNPLAYED: &[(&str, &str)] = &[
    ("parameterized", "the job runs once, without a dispatch payload"),
    ("periodic", "the job runs once"),
    ("vault", "tasks get no token"),
];

const GROUP_IGNORED: &[&str] = &[
    "affinity",
    "constraint",
    "consul",
    "disconnect",
    "ephemeral_disk",
    "max_client_disconnect",
    "migrate",
    "prevent_reschedule_on_lost",
    "reschedule",
    "scaling",
    "service",
    "shutdown_delay",
    "spread",
    "stop_after_client_disconnect",
    "update",
];

const GROUP_UNPLAYED: &[(&str, &str)] =
    &[("vault", "tasks get no token"), ("volume", "tasks run without its mounts")];

/// Reads a `job` block.
pub(super) fn job(eval: &mut Evaluator, view: &BlockView<'_>) -> Job {
    let id = view.name(eval);
    let mut fields = Fields::new(view, eval);
    let kind = fields.read("type", |value| job_kind(&value)).unwrap_or(JobKind::Service);
    let region = fields.text("region").filter(|region| !region.is_empty());
    let mut job = Job {
        id: fields.text("id").unwrap_or_else(|| id.clone()),
        name: fields.text("name").unwrap_or(id),
        namespace: fields.text("namespace").unwrap_or_else(|| "default".to_owned()),
        region: region.unwrap_or_else(|| "global".to_owned()),
        datacenters: fields.texts("datacenters"),
        kind,
        meta: fields.text_map("meta"),
        groups: vec![],
    };
    let groups = fields.blocks("group");
    // A task directly in the job is short for a group of its name.
    let lone_tasks = fields.blocks("task");
    refuse_job_network(&mut fields, &groups);
    job.groups = groups.iter().map(|block| group(fields.eval, block, kind)).collect();
    job.groups.extend(lone_tasks.iter().map(|block| lone_group(fields.eval, block, kind)));
    if job.groups.is_empty() && !fields.may_have_more() {
        fields.eval.problem(view.span.clone(), "the job has no group");
    }
    fields.finish(JOB_IGNORED, JOB_UNPLAYED);
    job
}

fn job_kind(value: &hcl::Value) -> Result<JobKind, String> {
    Ok(match value.as_str() {
        Some("service") => JobKind::Service,
        Some("system") => JobKind::System,
        Some("batch") => JobKind::Batch,
        Some("sysbatch") => JobKind::Sysbatch,
        _ => return Err(format!("must be service, batch, system or sysbatch, not {value}")),
    })
}

/// The 2020 documentation of this driver shows a network at job level, which Nomad has never accepted.
fn refuse_job_network(fields: &mut Fields<'_, '_>, groups: &[BlockView<'_>]) {
    for network in fields.blocks("network") {
        let group = groups.first().and_then(|group| group.labels.first());
        let home = group.map_or_else(|| "a group".to_owned(), |name| format!("group {name:?}"));
        fields.eval.problem(
            network.span,
            format!("network is not known in a job block, and Nomad refuses it here; move it into {home}"),
        );
    }
}

fn lone_group(eval: &mut Evaluator, block: &BlockView<'_>, kind: JobKind) -> Group {
    let restart = RestartPolicy::default_for(kind);
    let task = task::task(eval, block, restart);
    Group {
        name: task.name.clone(),
        count: 1,
        restart,
        network: None,
        meta: std::collections::BTreeMap::new(),
        tasks: vec![task],
    }
}

fn group(eval: &mut Evaluator, view: &BlockView<'_>, kind: JobKind) -> Group {
    let name = view.name(eval);
    let mut fields = Fields::new(view, eval);
    let count = fields.number("count").unwrap_or(1);
    let restart = restart(&mut fields, RestartPolicy::default_for(kind));
    let network = network(&mut fields, count);
    let meta = fields.text_map("meta");
    let tasks = fields.blocks("task");
    let tasks = tasks.iter().map(|block| task::task(fields.eval, block, restart)).collect::<Vec<_>>();
    if tasks.is_empty() && !fields.may_have_more() {
        fields.eval.problem(view.span.clone(), "the group has no task");
    }
    fields.finish(GROUP_IGNORED, GROUP_UNPLAYED);
    Group { name, count, restart, network, meta, tasks }
}

/// The `restart` block among `fields`, over what applies without it.
pub(super) fn restart(fields: &mut Fields<'_, '_>, inherited: RestartPolicy) -> RestartPolicy {
    let Some(block) = fields.block("restart") else { return inherited };
    let mut restart = Fields::new(&block, fields.eval);
    let mode = restart.read("mode", |value| match value.as_str() {
        Some("fail") => Ok(RestartMode::Fail),
        Some("delay") => Ok(RestartMode::Delay),
        _ => Err(format!("must be fail or delay, not {value}")),
    });
    let policy = RestartPolicy {
        attempts: restart.number("attempts").unwrap_or(inherited.attempts),
        interval: restart.duration("interval").unwrap_or(inherited.interval),
        delay: restart.duration("delay").unwrap_or(inherited.delay),
        mode: mode.unwrap_or(inherited.mode),
    };
    restart.finish(&["render_templates"], &[]);
    policy
}

/// The `network` block among `fields`.
pub(super) fn network(fields: &mut Fields<'_, '_>, count: u32) -> Option<Network> {
    let Some(block) = fields.block("network") else {
        let unknown = Network { may_have_more: true, ..Network::default() };
        return fields.are_open().then_some(unknown);
    };
    let mut fields = Fields::new(&block, fields.eval);
    let mode = fields.text("mode").unwrap_or_default();
    if mode == "bridge" || mode.starts_with("cni/") {
        let reason = "no network namespace is made here: ports are published by Podman's own network instead";
        let span = fields.span("mode");
        fields.eval.notice(span, reason);
    }
    let ports = fields.blocks("port");
    let ports = ports.iter().map(|block| port(fields.eval, block, count)).collect();
    let dns = fields.block("dns").map(|block| dns(fields.eval, &block));
    let may_have_more = fields.are_open();
    fields.finish(&["mbits", "hostname", "device", "cidr", "cni"], &[]);
    Some(Network { mode, ports, dns, may_have_more })
}

fn port(eval: &mut Evaluator, view: &BlockView<'_>, count: u32) -> PortSpec {
    let label = view.name(eval);
    let mut fields = Fields::new(view, eval);
    let fixed: Option<u16> = fields.number("static").filter(|port| *port > 0);
    if let (Some(port), 2.., Purpose::Play) = (fixed, count, fields.eval.purpose) {
        let span = fields.span("static");
        let reason = format!("port {port} can be given to one allocation of a node, but count is {count}");
        fields.eval.problem(span, reason);
    }
    let to = match fields.number::<i32>("to") {
        None | Some(-1 | 0) => PortTarget::Same,
        Some(port) => u16::try_from(port).map_or_else(
            |_| {
                let span = fields.span("to");
                fields.eval.problem(span, format!("to cannot be {port}"));
                PortTarget::Same
            },
            PortTarget::Port,
        ),
    };
    fields.finish(&["host_network", "ignore_collision"], &[]);
    PortSpec { label, fixed, to }
}

fn dns(eval: &mut Evaluator, view: &BlockView<'_>) -> Dns {
    let mut fields = Fields::new(view, eval);
    let dns = Dns {
        servers: fields.texts("servers"),
        searches: fields.texts("searches"),
        options: fields.texts("options"),
    };
    fields.finish(&[], &[]);
    dns
}
