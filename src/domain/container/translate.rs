//! A task becomes a container: the topics put together.

use super::spec::{ContainerSpec, Network, PublishedPort};
use super::{command, labels, limits, mounts, network, ports};
use crate::domain::config::volume::Volume;
use crate::domain::config::{PluginConfig, Problems, TaskConfig};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::task::TaskRequest;
use crate::domain::task::identity::ContainerName;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a translation needs to know besides the task.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    /// The operator's decisions.
    pub plugin: &'a PluginConfig,
    /// The runtime the task will run on.
    pub runtime: &'a RuntimeFacts,
}

/// A spec, and what is left to do before it may be created.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Complete but for [`Plan::confined`].
    pub spec: ContainerSpec,
    /// Host paths that must resolve to a place inside the allocation: container target and host path. Empty
    /// when the operator allows all host paths.
    pub confined: Vec<(String, PathBuf)>,
    /// Container port of each label, for the host's service registration.
    pub port_map: BTreeMap<String, u16>,
}

/// Translates a task.
///
/// # Errors
/// Every option that cannot work for this task on this node.
pub fn plan(task: &TaskRequest, config: &TaskConfig, node: Node<'_>) -> Result<Plan, Problems> {
    let mut problems = Problems::default();
    let network = network::network(task, config.network_mode.as_ref(), node.runtime);
    let ports = problems.note(ports::ports(&task.resources, config, &network));
    let limits = problems.note(limits::limits(&task.resources, config, node.runtime));
    let spec = ContainerSpec {
        name: ContainerName::of_task(&task.meta.task_name, &task.meta.alloc_id),
        image: config.image.clone(),
        entrypoint: config.entrypoint.clone(),
        command: command::command(config),
        env: command::env(task, config),
        labels: labels::of_task(task),
        hostname: config.hostname.clone(),
        user: task.user.clone(),
        working_dir: config.working_dir.clone(),
        init: config.init,
        init_path: config.init_path.clone(),
        mounts: mounts::mounts(task, config, node.plugin),
        devices: mounts::devices(&task.devices),
        dns: task.dns.clone(),
        hosts: hosts(task, &network),
        network,
        ports,
        limits,
    };
    let port_map = port_map(task, config, &spec.ports);
    problems.or(Plan { spec, confined: confined(task, &config.volumes, node.plugin), port_map })
}

/// Lines for `/etc/hosts`; a joined container brings its own file.
fn hosts(task: &TaskRequest, network: &Network) -> Vec<(String, String)> {
    match (&task.network, network) {
        (Some(namespace), Network::Path(_)) => {
            namespace.hosts.iter().map(|(address, name)| (address.clone(), name.clone())).collect()
        }
        _ => vec![],
    }
}

fn confined(task: &TaskRequest, volumes: &[Volume], plugin: &PluginConfig) -> Vec<(String, PathBuf)> {
    if plugin.volumes_enabled {
        return vec![];
    }
    volumes.iter().map(|v| (v.container.clone(), mounts::host_path(task, &v.host))).collect()
}

/// Container port by label: of the group's ports that the task publishes, and of `port_map`.
fn port_map(task: &TaskRequest, config: &TaskConfig, published: &[PublishedPort]) -> BTreeMap<String, u16> {
    let group = task.resources.ports.iter().filter(|port| config.ports.contains(&port.label));
    let group = group
        .filter(|port| published.iter().any(|p| p.host == port.host))
        .map(|port| (port.label.clone(), port.container.unwrap_or(port.host)));
    let mapped =
        config.port_map.iter().filter_map(|(label, port)| Some((label.clone(), u16::try_from(*port).ok()?)));
    group.chain(mapped).collect()
}
