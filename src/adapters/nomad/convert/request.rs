//! The host's TaskConfig as a task request.

use super::msgpack::{self, BadMsgpack};
use crate::adapters::nomad::proto::driver as wire;
use crate::adapters::nomad::proto::driver::network_isolation_spec::NetworkIsolationMode;
use crate::domain::mapped::Mapped;
use crate::domain::task::request::{
    Dns, HostDevice, HostMount, MemoryMax, NetworkNamespace, Port, Resources, TaskDirs, TaskMeta, TaskNetwork,
};
use crate::domain::task::{AllocId, TaskId, TaskRequest};
use std::path::PathBuf;

/// Converts a task; its driver config may be empty (after an agent restart it always is).
///
/// # Errors
/// The driver config is not msgpack.
pub fn task(config: wire::TaskConfig) -> Result<TaskRequest, BadMsgpack> {
    let meta = meta(&config);
    Ok(TaskRequest {
        id: TaskId::new(config.id),
        meta,
        config: msgpack::decode(&config.msgpack_driver_config)?,
        env: config.env.into_iter().collect(),
        resources: config.resources.map(resources).unwrap_or_default(),
        mounts: config.mounts.into_iter().map(mount).collect(),
        devices: config.devices.into_iter().map(device).collect(),
        user: Some(config.user).filter(|user| !user.is_empty()),
        dirs: TaskDirs {
            alloc: PathBuf::from(config.alloc_dir).into(),
            task_name: config.name,
            stdout: PathBuf::from(config.stdout_path).into(),
            stderr: PathBuf::from(config.stderr_path).into(),
        },
        network: config.network_isolation_spec.and_then(namespace),
        dns: config.dns.and_then(dns),
    })
}

fn meta(config: &wire::TaskConfig) -> TaskMeta {
    TaskMeta {
        task_name: config.name.clone(),
        alloc_id: AllocId::new(config.alloc_id.clone()),
        group_name: config.task_group_name.clone(),
        job_name: config.job_name.clone(),
        job_id: config.job_id.clone(),
        namespace: config.namespace.clone(),
        node_name: config.node_name.clone(),
        node_id: config.node_id.clone(),
    }
}

fn resources(resources: wire::Resources) -> Resources {
    let linux = resources.linux_resources.unwrap_or_default();
    let allocated = resources.allocated_resources.unwrap_or_default();
    let memory = allocated.memory.unwrap_or_default();
    let asked = allocated.cpu.map_or(0, |cpu| cpu.cpu_shares);
    Resources {
        cpu_shares: positive(if linux.cpu_shares > 0 { linux.cpu_shares } else { asked }),
        cpu_share_of_node: linux.percent_ticks,
        cpuset: linux.cpuset_cpus,
        memory_mb: positive(memory.memory_mb),
        memory_max: memory_max(memory.memory_max_mb),
        ports: resources.ports.into_iter().filter_map(port).collect(),
        networks: allocated.networks.into_iter().map(network).collect(),
    }
}

fn positive(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// 0 is unset, -1 unlimited (since Nomad 1.7.4).
fn memory_max(megabytes: i64) -> MemoryMax {
    match megabytes {
        -1 => MemoryMax::Unlimited,
        ..=0 => MemoryMax::Unset,
        megabytes => MemoryMax::Megabytes(positive(megabytes)),
    }
}

/// Ports that are none are left out: the host has checked them.
fn port(port: wire::PortMapping) -> Option<Port> {
    Some(Port {
        label: port.label,
        host: u16::try_from(port.value).ok()?,
        container: u16::try_from(port.to).ok().filter(|port| *port > 0),
        host_ip: port.host_ip,
    })
}

fn network(network: wire::NetworkResource) -> TaskNetwork {
    let ports = network.reserved_ports.into_iter().chain(network.dynamic_ports);
    TaskNetwork {
        ip: network.ip,
        ports: ports.filter_map(|port| Some((port.label, u16::try_from(port.value).ok()?))).collect(),
    }
}

fn mount(mount: wire::Mount) -> HostMount {
    HostMount {
        task_path: mount.task_path,
        host_path: mount.host_path,
        read_only: mount.readonly,
        propagation: mount.propagation_mode,
        selinux_label: mount.selinux_label,
    }
}

fn device(device: wire::Device) -> HostDevice {
    HostDevice {
        task_path: device.task_path,
        host_path: device.host_path,
        permissions: device.cgroup_permissions,
    }
}

/// Only a group namespace has a path to join; the other modes leave the choice to the task.
fn namespace(spec: wire::NetworkIsolationSpec) -> Option<NetworkNamespace> {
    if spec.mode != i32::from(NetworkIsolationMode::Group) || spec.path.is_empty() {
        return None;
    }
    let hosts = spec.hosts_config.map(|hosts| (hosts.address, hosts.hostname));
    let hosts = hosts.filter(|(address, name)| !address.is_empty() && !name.is_empty());
    Some(NetworkNamespace { path: spec.path, hosts: hosts.into_iter().mapped() })
}

fn dns(dns: wire::DnsConfig) -> Option<Dns> {
    let dns = Dns { servers: dns.servers, searches: dns.searches, options: dns.options };
    (dns != Dns::default()).then_some(dns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_without_anything_is_a_task_with_defaults() {
        let request = task(wire::TaskConfig::default()).unwrap();
        assert_eq!(request.resources, Resources::default());
        assert_eq!(request.user, None);
        assert_eq!(request.network, None);
    }

    #[test]
    fn only_a_group_network_with_a_path_is_joined() {
        let spec = |mode: NetworkIsolationMode, path: &str| wire::NetworkIsolationSpec {
            mode: mode.into(),
            path: path.to_owned(),
            ..Default::default()
        };
        assert!(namespace(spec(NetworkIsolationMode::Group, "/run/netns/x")).is_some());
        assert!(namespace(spec(NetworkIsolationMode::Group, "")).is_none());
        assert!(namespace(spec(NetworkIsolationMode::Host, "/run/netns/x")).is_none());
    }

    #[test]
    fn memory_max_has_two_special_values() {
        assert_eq!(memory_max(0), MemoryMax::Unset);
        assert_eq!(memory_max(-1), MemoryMax::Unlimited);
        assert_eq!(memory_max(-7), MemoryMax::Unset);
        assert_eq!(memory_max(64), MemoryMax::Megabytes(64));
    }
}
