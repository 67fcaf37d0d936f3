//! What a start would refuse, found by translating the task as its start would.
//!
//! What only a node knows is left out: its ports, its directories, where symlinks lead, what its Podman is.

use super::super::jobfile::model::{Group, Network, Task};
use crate::domain::config::{PluginConfig, Problem, Problems, TaskConfig, Value};
use crate::domain::container::translate::{HostPath, PathPurpose};
use crate::domain::container::{Node, Plan, plan};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::policy::PathRule;
use crate::domain::secret::Env;
use crate::domain::task::request::{NetworkNamespace, Port, Resources, TaskDirs, TaskMeta, TaskNetwork};
use crate::domain::task::{AllocId, TaskId, TaskRequest};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A directory that no path of a job or of an operator begins with: where the agent keeps the allocation is not known.
const ALLOC: &str = "/<data_dir>/alloc/<allocation>";

/// A node of today.
pub fn usual() -> RuntimeFacts {
    RuntimeFacts { version: "5.0.0".to_owned(), api: "rest", cgroup_version: 2, ..RuntimeFacts::default() }
}

/// A node with Podman 1.
pub fn podman1() -> RuntimeFacts {
    RuntimeFacts { version: "1.9.3".to_owned(), api: "varlink", ..RuntimeFacts::default() }
}

/// The plan of a task on such a node.
///
/// # Errors
/// What a start would refuse.
pub fn planned(
    runtime: &RuntimeFacts,
    group: &Group,
    task: &Task,
    config: &TaskConfig,
    plugin: &PluginConfig,
) -> Result<Plan, Problems> {
    plan(&request(group, task), config, Node { plugin, runtime, cores: 1 })
}

/// Host paths of a plan that its rule forbids, judged by their text. `config` is the block as it was written.
pub fn outside(plan: &Plan, plugin: &PluginConfig, namespace: &str, config: &Value) -> Vec<Problem> {
    let rules = plugin.policy.rules(namespace);
    let (usual, profiles) = (PathRule::of(plugin, &rules), PathRule::of_profiles(plugin, &rules));
    let refused = |host: &HostPath| {
        let rule = if host.purpose == PathPurpose::Seccomp { &profiles } else { &usual };
        let rule = rule.as_ref().filter(|rule| !rule.allows(&host.path, Path::new(ALLOC)))?;
        Some(Problem::new(option(host, config), refusal(rule, &host.path)))
    };
    plan.paths.iter().filter_map(refused).collect()
}

fn refusal(rule: &PathRule, path: &Path) -> String {
    let what = format!("refused by {} of the plugin config: {} ", rule.rule, path.display());
    if rule.rule == "volumes.enabled" {
        return what + "is outside the allocation";
    }
    let roots: Vec<_> = rule.roots.iter().map(|root| root.to_string_lossy()).collect();
    let place = if rule.allocation { "is outside the allocation" } else { "is not below allow_host_paths" };
    format!("{what}{place} (allowed: {}), unless a symlink leads there", roots.join(", "))
}

/// The option that names the path.
fn option(host: &HostPath, config: &Value) -> String {
    match &host.purpose {
        PathPurpose::Mount(target) => volume(config, target)
            .or_else(|| Some(format!("{}.source", mount(config, target)?)))
            .unwrap_or_else(|| "volumes".to_owned()),
        PathPurpose::Volume { target, .. } => mount(config, target)
            .map_or_else(|| "mount".to_owned(), |mount| mount + ".volume_options.driver_config.options"),
        PathPurpose::Archive => "image".to_owned(),
        PathPurpose::Seccomp => "security_opt".to_owned(),
        PathPurpose::Init => "init_path".to_owned(),
    }
}

fn volume(config: &Value, target: &str) -> Option<String> {
    let is_it = |item: &Value| matches!(item, Value::Text(text) if text.split(':').nth(1) == Some(target));
    position(config, "volumes", is_it)
}

fn mount(config: &Value, target: &str) -> Option<String> {
    let is_it =
        |item: &Value| matches!(item, Value::Map(block) if block.get("target") == Some(&target.into()));
    position(config, "mount", is_it)
}

/// The path of the first element of a list that is meant.
fn position(config: &Value, name: &str, is_it: impl Fn(&Value) -> bool) -> Option<String> {
    let Value::Map(map) = config else { return None };
    let Some(Value::List(items)) = map.get(name) else { return None };
    items.iter().position(is_it).map(|at| format!("{name}[{at}]"))
}

/// The task as a host would ask for it, as far as that matters to options.
fn request(group: &Group, task: &Task) -> TaskRequest {
    let mode = group.network.as_ref().map(|network| network.mode.as_str()).unwrap_or_default();
    let made = (mode == "bridge" || mode.starts_with("cni/"))
        .then(|| NetworkNamespace { path: String::new(), hosts: BTreeMap::new() });
    TaskRequest {
        id: TaskId::new(""),
        meta: meta(group, task),
        config: Value::Null,
        env: Env::default(),
        resources: Resources {
            cpu_shares: task.resources.cpu,
            memory_mb: task.resources.memory,
            memory_max: task.resources.memory_max,
            ports: ports(group.network.as_ref()),
            networks: task.resources.network.iter().map(own_network).collect(),
            ..Resources::default()
        },
        mounts: vec![],
        devices: vec![],
        user: None,
        dirs: TaskDirs {
            alloc: PathBuf::from(ALLOC).into(),
            task_name: task.name.clone(),
            stdout: PathBuf::new().into(),
            stderr: PathBuf::new().into(),
        },
        network: made,
        dns: group.network.as_ref().and_then(|network| network.dns.clone()),
    }
}

/// Which number a port will have does not matter, that it has one does.
fn ports(network: Option<&Network>) -> Vec<Port> {
    let ports = network.into_iter().flat_map(|network| &network.ports);
    let port = |label: &str, fixed: Option<u16>| Port {
        label: label.to_owned(),
        host: fixed.unwrap_or(1),
        container: None,
        host_ip: String::new(),
    };
    ports.map(|spec| port(&spec.label, spec.fixed)).collect()
}

fn own_network(network: &Network) -> TaskNetwork {
    let ports = ports(Some(network)).into_iter().map(|port| (port.label, port.host));
    TaskNetwork { ip: String::new(), ports: ports.collect() }
}

fn meta(group: &Group, task: &Task) -> TaskMeta {
    TaskMeta {
        task_name: task.name.clone(),
        alloc_id: AllocId::new(""),
        group_name: group.name.clone(),
        job_name: String::new(),
        job_id: String::new(),
        namespace: String::new(),
        node_name: String::new(),
        node_id: String::new(),
    }
}
