//! Counters of a container: from its control group, or where that cannot be seen, from the service.

use super::Service;
use crate::adapters::podman::call::Call;
use crate::adapters::podman::linux::cgroup::Cgroup;
use crate::adapters::podman::linux::counters;
use crate::domain::container::ContainerState;
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::ContainerId;
use crate::ports::{ErrorKind, RuntimeError};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Control groups of containers that were asked for. A group is named after its container, so it cannot become
/// another's; one that is gone is forgotten.
#[derive(Debug, Default)]
pub struct Groups(Mutex<HashMap<ContainerId, Cgroup>>);

impl Groups {
    fn get(&self, id: &ContainerId) -> Option<Cgroup> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn put(&self, id: &ContainerId, group: Cgroup) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), group);
    }

    /// Its container has ended, or is gone.
    pub fn forget(&self, id: &ContainerId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// See [`crate::ports::ContainerRuntime::stats`]. From the second sample on the service is not asked.
pub async fn stats<S: Service>(
    service: &S,
    id: &ContainerId,
    groups: &Groups,
) -> Result<StatsSample, RuntimeError> {
    let call = Call::new("read stats of container", id);
    if let Some(group) = groups.get(id) {
        if let Ok(sample) = counters::read(&group, service.clock().now()) {
            return Ok(sample);
        }
        groups.forget(id);
    }
    let facts = service.seen(id.as_str()).await?.facts;
    if !matches!(facts.state, ContainerState::Running | ContainerState::Paused | ContainerState::Stopping) {
        return Err(call.error(ErrorKind::WrongState, "the container is not running"));
    }
    let group = facts.pid.and_then(|pid| Cgroup::of_container(Path::new("/"), pid, id.as_str()).ok());
    match group.map(|group| (counters::read(&group, service.clock().now()), group)) {
        Some((Ok(sample), group)) => {
            groups.put(id, group);
            Ok(sample)
        }
        _ => service.api_stats(&call, id).await,
    }
}
