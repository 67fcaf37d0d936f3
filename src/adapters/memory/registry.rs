//! The containers of a runtime, by id and name.

use super::container::Container;
use super::locked;
use crate::domain::task::identity::ContainerId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// See the module.
#[derive(Default)]
pub(super) struct Registry(Mutex<Known>);

#[derive(Default)]
struct Known {
    by_id: BTreeMap<ContainerId, Arc<Container>>,
    by_name: BTreeMap<String, ContainerId>,
}

impl Registry {
    /// Adds a container unless its name is taken; the id of the one that has it then.
    pub(super) fn add(&self, container: Arc<Container>) -> Result<(), ContainerId> {
        let mut known = locked(&self.0);
        let name = container.spec().name.as_str().to_owned();
        if let Some(taken) = known.by_name.get(&name) {
            return Err(taken.clone());
        }
        known.by_name.insert(name, container.id.clone());
        known.by_id.insert(container.id.clone(), container);
        Ok(())
    }

    /// By id or name.
    pub(super) fn find(&self, id_or_name: &str) -> Option<Arc<Container>> {
        let known = locked(&self.0);
        let id = known.by_name.get(id_or_name).cloned().unwrap_or_else(|| ContainerId::new(id_or_name));
        known.by_id.get(&id).cloned()
    }

    /// Forgets a container; its name is free again.
    pub(super) fn take(&self, id_or_name: &str) -> Option<Arc<Container>> {
        let container = self.find(id_or_name)?;
        let mut known = locked(&self.0);
        known.by_name.remove(container.spec().name.as_str());
        known.by_id.remove(&container.id)
    }

    /// All, in the order of their ids.
    pub(super) fn all(&self) -> Vec<Arc<Container>> {
        locked(&self.0).by_id.values().cloned().collect()
    }
}
