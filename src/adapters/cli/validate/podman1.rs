//! What Podman 1 cannot do of a task, found by translating the task as its start would.

use super::super::jobfile::model::{Group, Task};
use crate::domain::config::{PluginConfig, Problem, TaskConfig, Value};
use crate::domain::container::{Node, plan, podman1};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::secret::Env;
use crate::domain::task::request::{NetworkNamespace, Port, Resources, TaskDirs, TaskMeta};
use crate::domain::task::{AllocId, TaskId, TaskRequest};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The options of a task that Podman 1 would refuse. What no Podman takes has been told by others.
pub fn problems(
    group: &Group,
    task: &Task,
    config: &TaskConfig,
    plugin: Option<&PluginConfig>,
) -> Vec<Problem> {
    let usual = PluginConfig::default();
    let runtime = RuntimeFacts { version: "1.9.3".to_owned(), api: "varlink", ..RuntimeFacts::default() };
    let node = Node { plugin: plugin.unwrap_or(&usual), runtime: &runtime, cores: 1 };
    let Ok(plan) = plan(&request(group, task), config, node) else { return vec![] };
    let created = podman1::check(&plan.spec).err();
    let pulled = podman1::check_pull(&plan.pull).err();
    created.into_iter().chain(pulled).flat_map(|problems| problems.0).collect()
}

/// The task as a host would ask for it, as far as that matters to options: what is chosen at its start, such as
/// ports and directories, is left out.
fn request(group: &Group, task: &Task) -> TaskRequest {
    let mode = group.network.as_ref().map(|network| network.mode.as_str()).unwrap_or_default();
    let namespace = (mode == "bridge" || mode.starts_with("cni/"))
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
            ports: ports(group),
            ..Resources::default()
        },
        mounts: vec![],
        devices: vec![],
        user: None,
        dirs: TaskDirs {
            alloc: PathBuf::from("/"),
            task_name: task.name.clone(),
            stdout: PathBuf::new(),
            stderr: PathBuf::new(),
        },
        network: namespace,
        dns: group.network.as_ref().and_then(|network| network.dns.clone()),
    }
}

/// Which number a port will have does not matter, that it has one does.
fn ports(group: &Group) -> Vec<Port> {
    let ports = group.network.iter().flat_map(|network| &network.ports);
    let port = |label: &str, fixed: Option<u16>| Port {
        label: label.to_owned(),
        host: fixed.unwrap_or(1),
        container: None,
        host_ip: String::new(),
    };
    ports.map(|spec| port(&spec.label, spec.fixed)).collect()
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
