//! What a runtime looks at before it creates or starts a container.

use super::container::{Container, gone};
use super::files;
use super::runtime::MemoryRuntime;
use crate::domain::container::ContainerSpec;
use crate::domain::container::spec::{
    Health, Limits, LogDriver, Mount, MountSource, Namespace, Network, PublishedPort, Security,
};

impl MemoryRuntime {
    /// What cannot be met of a spec, in the runtime's words.
    pub(super) fn refusal(&self, spec: &ContainerSpec) -> Option<String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let name = spec.name.as_str();
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(allowed) {
            return Some("names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument".to_owned());
        }
        if let Some(source) = files::missing_source(spec) {
            return Some(format!("statfs {source}: no such file or directory"));
        }
        if let Some(secret) = spec.secrets.first() {
            return Some(format!("no secret with name or id {:?}: no such secret", secret.source));
        }
        let missing = |other: &&str| self.containers.find(other).is_none();
        shared(spec).into_iter().find(|(_, other)| missing(other)).map(|(kind, other)| {
            format!("looking up container to share {kind} namespace with: {}", gone(other).1)
        })
    }

    /// The first port of `container` that another running one has.
    pub(super) fn port_taken(&self, container: &Container) -> Option<String> {
        let clash = |a: &PublishedPort, b: &PublishedPort| {
            let same_address = a.host_ip == b.host_ip || a.host_ip.is_empty() || b.host_ip.is_empty();
            a.host == b.host && same_address
        };
        let taken = |port: &&PublishedPort| {
            let publishers = self.containers.publishers(port.host);
            let mut running = publishers.iter().filter(|other| other.id != container.id && other.is_alive());
            running.any(|other| other.spec().ports.iter().any(|other| clash(port, other)))
        };
        let port = container.spec().ports.iter().find(taken)?;
        Some(format!(
            "cannot listen on the TCP port: listen tcp4 {}:{}: bind: address already in use",
            port.host_ip, port.host
        ))
    }

    /// Why `container` must stay: others have joined its network.
    pub(super) fn needed_by(&self, container: &Container) -> Option<String> {
        let (id, name) = (container.id.as_str(), container.spec().name.as_str());
        let guests = [id, name].into_iter().filter_map(|host| self.containers.guest(host));
        let dependent = guests.min()?;
        Some(format!(
            "container {id} has dependent containers which must be removed before it: {dependent}: container already exists"
        ))
    }
}

/// Containers whose namespaces a spec wants to share.
fn shared(spec: &ContainerSpec) -> Vec<(&'static str, &str)> {
    let network = match &spec.network {
        Network::Container(other) => Some(("net", other.as_str())),
        _ => None,
    };
    let security = &spec.security;
    let kinds = [("ipc", &security.ipc), ("pid", &security.pid), ("uts", &security.uts)];
    let others = kinds.into_iter().filter_map(|(kind, namespace)| match namespace {
        Some(Namespace::Container(other)) => Some((kind, other.as_str())),
        _ => None,
    });
    network.into_iter().chain(others).collect()
}

/// The spec with memory in place of what it binds from the host.
pub(super) fn believe_binds(spec: &ContainerSpec) -> ContainerSpec {
    let mut spec = spec.clone();
    for mount in &mut spec.mounts {
        if matches!(mount.source, MountSource::Bind(_)) {
            mount.source = MountSource::Tmpfs;
        }
    }
    spec
}

/// What a spec asks for that has no effect here: a warning each, so that nothing is dropped in silence.
pub(super) fn without_effect(spec: &ContainerSpec) -> Vec<String> {
    let told = machine(spec).into_iter().chain(confinement(&spec.security)).filter(|(_, asked)| *asked);
    told.map(|(option, _)| format!("{option}: has no effect on the in-memory runtime")).collect()
}

fn machine(spec: &ContainerSpec) -> Vec<(&'static str, bool)> {
    let Limits { cpu_quota, pids, ulimits, shm_size, oom_score_adj, sysctl, .. } = &spec.limits;
    let volume = |mount: &Mount| matches!(mount.source, MountSource::Volume(_));
    vec![
        ("devices", !spec.devices.is_empty() || !spec.cdi_devices.is_empty()),
        ("dns", spec.dns.is_some()),
        ("init_path", spec.init_path.is_some()),
        ("tty", spec.terminal),
        ("annotations", !spec.annotations.is_empty()),
        ("runtime", spec.oci_runtime.is_some()),
        ("healthcheck", matches!(spec.health, Health::Check(_))),
        ("logging", spec.log.driver == LogDriver::Journal || !spec.log.options.is_empty()),
        ("storage_opt", !spec.storage_options.is_empty()),
        ("volumes by name", spec.mounts.iter().any(volume)),
        ("networks", matches!(spec.network, Network::Networks(_))),
        ("cpu_hard_limit", cpu_quota.is_some()),
        ("pids_limit", pids.is_some()),
        ("ulimit", !ulimits.is_empty()),
        ("shm_size", shm_size.is_some()),
        ("oom_score_adj", oom_score_adj.is_some()),
        ("sysctl", !sysctl.is_empty()),
    ]
}

fn confinement(security: &Security) -> Vec<(&'static str, bool)> {
    vec![
        ("privileged", security.privileged),
        ("cap_add", !security.cap_add.is_empty()),
        ("cap_drop", !security.cap_drop.is_empty()),
        ("selinux_opts", !security.selinux.is_empty() || security.label_nested),
        ("apparmor_profile", security.apparmor.is_some()),
        ("security_opt", security.no_new_privileges || security.seccomp.is_some()),
        ("security_opt mask", !(security.mask.is_empty() && security.unmask.is_empty())),
        ("security_opt proc-opts", !security.proc_options.is_empty()),
        ("group_add", !security.groups.is_empty()),
        ("userns", security.user_namespace.is_some()),
        ("ipc_mode", security.ipc.is_some()),
        ("pid_mode", security.pid.is_some()),
        ("uts_mode", security.uts.is_some()),
        ("cgroupns", security.cgroup.is_some()),
    ]
}
