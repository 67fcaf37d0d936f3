//! The containers of a runtime, by id and name, and by what they take from others: a port, another's network.
//!
//! Whatever a start or a removal looks up is found without looking at all others.

use super::container::Container;
use super::locked;
use crate::domain::container::spec::Network;
use crate::domain::task::identity::ContainerId;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

/// See the module.
#[derive(Default)]
pub(super) struct Registry(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Asked for with each sample of a task's usage.
    by_id: HashMap<ContainerId, Arc<Container>>,
    by_name: BTreeMap<String, ContainerId>,
    /// By each port of the host that they publish, running or not.
    by_port: BTreeMap<u16, Members>,
    /// By the name or id of the container whose network they join.
    by_host: BTreeMap<String, Members>,
}

type Members = BTreeMap<ContainerId, Arc<Container>>;

fn host(container: &Container) -> Option<&String> {
    match &container.spec().network {
        Network::Container(host) => Some(host),
        _ => None,
    }
}

impl Known {
    fn add(&mut self, container: Arc<Container>) {
        let member = || (container.id.clone(), Arc::clone(&container));
        for port in &container.spec().ports {
            self.by_port.entry(port.host).or_default().extend([member()]);
        }
        if let Some(host) = host(&container) {
            self.by_host.entry(host.clone()).or_default().extend([member()]);
        }
        self.by_name.insert(container.spec().name.as_str().to_owned(), container.id.clone());
        self.by_id.extend([member()]);
    }

    fn forget(&mut self, container: &Container) -> Option<Arc<Container>> {
        for port in &container.spec().ports {
            leave(&mut self.by_port, &port.host, &container.id);
        }
        if let Some(host) = host(container) {
            leave(&mut self.by_host, host, &container.id);
        }
        self.by_name.remove(container.spec().name.as_str());
        self.by_id.remove(&container.id)
    }
}

fn leave<K: Ord>(groups: &mut BTreeMap<K, Members>, group: &K, id: &ContainerId) {
    if let Some(members) = groups.get_mut(group) {
        members.remove(id);
        if members.is_empty() {
            groups.remove(group);
        }
    }
}

impl Registry {
    /// Adds a container unless its name is taken; the id of the one that has it then.
    pub(super) fn add(&self, container: Arc<Container>) -> Result<(), ContainerId> {
        let mut known = locked(&self.0);
        if let Some(taken) = known.by_name.get(container.spec().name.as_str()) {
            return Err(taken.clone());
        }
        known.add(container);
        Ok(())
    }

    /// By id, else by name.
    pub(super) fn find(&self, id_or_name: &str) -> Option<Arc<Container>> {
        let known = locked(&self.0);
        let by_name = || known.by_id.get(known.by_name.get(id_or_name)?);
        known.by_id.get(id_or_name).or_else(by_name).cloned()
    }

    /// Forgets a container; its name is free again.
    pub(super) fn take(&self, id_or_name: &str) -> Option<Arc<Container>> {
        let container = self.find(id_or_name)?;
        locked(&self.0).forget(&container)
    }

    /// Those that publish a port of the host, running or not, in the order of their ids.
    pub(super) fn publishers(&self, port: u16) -> Vec<Arc<Container>> {
        locked(&self.0).by_port.get(&port).into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    /// The first of those that have joined the network of the container of this name or id.
    pub(super) fn guest(&self, host: &str) -> Option<ContainerId> {
        locked(&self.0).by_host.get(host)?.keys().next().cloned()
    }

    /// All, in the order of their ids.
    pub(super) fn all(&self) -> Vec<Arc<Container>> {
        let mut all: Vec<_> = locked(&self.0).by_id.values().cloned().collect();
        all.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        all
    }
}
