//! What a runtime looks at before it creates or starts a container.

use super::container::{Container, gone};
use super::files;
use super::runtime::MemoryRuntime;
use crate::domain::container::ContainerSpec;
use crate::domain::container::spec::{Network, PublishedPort};
use std::sync::Arc;

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
        match &spec.network {
            Network::Container(other) if self.containers.find(other).is_none() => {
                Some(format!("looking up container to share net namespace with: {}", gone(other).1))
            }
            _ => None,
        }
    }

    /// The first port of `container` that another running one has.
    pub(super) fn port_taken(&self, container: &Container) -> Option<String> {
        let clash = |a: &PublishedPort, b: &PublishedPort| {
            let same_address = a.host_ip == b.host_ip || a.host_ip.is_empty() || b.host_ip.is_empty();
            a.host == b.host && same_address
        };
        let others = self.containers.all();
        let running = others.iter().filter(|other| other.id != container.id && other.is_alive());
        let taken: Vec<&PublishedPort> = running.flat_map(|other| &other.spec().ports).collect();
        let port = container.spec().ports.iter().find(|port| taken.iter().any(|other| clash(port, other)))?;
        Some(format!(
            "cannot listen on the TCP port: listen tcp4 {}:{}: bind: address already in use",
            port.host_ip, port.host
        ))
    }

    /// Why `container` must stay: others have joined its network.
    pub(super) fn needed_by(&self, container: &Container) -> Option<String> {
        let (id, name) = (container.id.as_str(), container.spec().name.as_str());
        let all = self.containers.all();
        let joined = |other: &&Arc<Container>| match &other.spec().network {
            Network::Container(target) => target == id || target == name,
            _ => false,
        };
        let dependent = all.iter().find(joined)?;
        Some(format!(
            "container {id} has dependent containers which must be removed before it: {}: container already exists",
            dependent.id
        ))
    }
}

/// What a spec asks for that has no effect here: a warning each, so that nothing is dropped in silence.
pub(super) fn without_effect(spec: &ContainerSpec) -> Vec<String> {
    let ignored = [
        ("devices", !spec.devices.is_empty()),
        ("dns", spec.dns.is_some()),
        ("init_path", spec.init_path.is_some()),
    ];
    let told = ignored.iter().filter(|(_, asked)| *asked);
    told.map(|(option, _)| format!("{option}: has no effect on the in-memory runtime")).collect()
}
