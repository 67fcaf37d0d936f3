//! Counters of a container: from its control group, or where that cannot be seen, from the service.

use super::{Seen, Service, Watches};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::linux::cgroup::Cgroup;
use crate::adapters::podman::linux::counters::Counters;
use crate::adapters::podman::linux::hierarchy::Hierarchies;
use crate::domain::container::ContainerState;
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::ContainerId;
use crate::domain::time::Timestamp;
use crate::ports::{ErrorKind, RuntimeError};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Containers whose counter files stay open between samples: at up to ten files each this stays far below the 4096
/// descriptors that a service usually may have. Those of further ones are opened for each sample.
const OPEN_MAX: usize = 128;

/// Control groups of containers that were asked for. A group is named after its container, so it cannot become
/// another's; one that is gone is forgotten.
#[derive(Debug, Default)]
pub struct Groups(Mutex<HashMap<ContainerId, Arc<Group>>>);

#[derive(Debug)]
pub(super) enum Group {
    Open(Counters),
    Closed(Cgroup),
}

impl Group {
    fn read(&self, at: Timestamp) -> io::Result<StatsSample> {
        match self {
            Self::Open(counters) => counters.read(at),
            Self::Closed(cgroup) => Counters::open(cgroup)?.read(at),
        }
    }
}

impl Groups {
    fn lock(&self) -> MutexGuard<'_, HashMap<ContainerId, Arc<Group>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, id: &ContainerId) -> Option<Arc<Group>> {
        self.lock().get(id).cloned()
    }

    /// The first sample of a group, which is remembered.
    pub(super) fn first(&self, id: &ContainerId, cgroup: Cgroup, at: Timestamp) -> io::Result<StatsSample> {
        let counters = Counters::open(&cgroup)?;
        let sample = counters.read(at)?;
        let mut groups = self.lock();
        let is_open = groups.len() < OPEN_MAX;
        let group = if is_open { Group::Open(counters) } else { Group::Closed(cgroup) };
        groups.insert(id.clone(), Arc::new(group));
        Ok(sample)
    }

    /// Its container has ended, or is gone.
    pub fn forget(&self, id: &ContainerId) {
        self.lock().remove(id);
    }
}

/// See [`crate::ports::ContainerRuntime::stats`]. From the second sample on the service is not asked.
pub async fn stats<S: Service>(watches: &Watches<S>, id: &ContainerId) -> Result<StatsSample, RuntimeError> {
    let call = Call::new("read stats of container", id);
    let (service, groups) = (watches.service(), watches.groups());
    if let Some(group) = groups.get(id) {
        if let Ok(sample) = group.read(service.clock().now()) {
            return Ok(sample);
        }
        groups.forget(id);
    }
    let seen = service.seen(id.as_str()).await?;
    if !matches!(
        seen.facts.state,
        ContainerState::Running | ContainerState::Paused | ContainerState::Stopping
    ) {
        return Err(call.error(ErrorKind::WrongState, "the container is not running"));
    }
    let first = |cgroup| groups.first(id, cgroup, service.clock().now()).ok();
    match cgroup(watches.machine(), &seen).and_then(first) {
        Some(sample) => Ok(sample),
        None => service.api_stats(&call, id).await,
    }
}

/// By its first process; where that cannot be seen, as in another pid namespace, by the path that the service tells.
fn cgroup(machine: &Hierarchies, seen: &Seen) -> Option<Cgroup> {
    let id = seen.facts.id.as_str();
    let by_process = seen.facts.pid.and_then(|pid| machine.of_container(pid, id).ok());
    by_process.or_else(|| machine.at(&seen.cgroup_path, id).ok())
}

#[cfg(test)]
#[path = "stats_tests.rs"]
mod tests;
