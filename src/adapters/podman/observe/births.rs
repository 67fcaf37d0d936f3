//! Control groups of containers from the moment they run, for those that end before anybody waits for them.
//!
//! A container that runs out of memory within milliseconds is dead when the service is asked about it, and the service
//! answers only once it has cleaned up, which takes the kernel's counter away (libpod REST 4.3, a tenth of a second).
//! But it cleans up only after it has answered the start: the group is there then, whatever has become of the program.
//! So the counter is read about that moment, and again when the program ends, until a watch holds the container itself.

use crate::adapters::podman::linux::cgroup::Cgroup;
use crate::adapters::podman::linux::hierarchy::Hierarchies;
use crate::adapters::podman::linux::oom::OomWatch;
use crate::adapters::podman::linux::pidfd::Pidfd;
use crate::domain::container::MemoryAtEnd;
use crate::domain::task::identity::ContainerId;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::AbortHandle;

/// Containers that are remembered, the latest ones: more than are started at the same time.
const BIRTHS_MAX: usize = 128;

/// Containers that were started lately and that no watch holds.
#[derive(Debug, Default)]
pub struct Births(Mutex<VecDeque<Birth>>);

#[derive(Debug)]
struct Birth {
    id: ContainerId,
    /// `None` until somebody has looked.
    group: Option<Group>,
}

#[derive(Debug)]
struct Group {
    counter: Arc<Counter>,
    /// Reads the counter when processes end.
    witness: AbortHandle,
}

/// The counter of a group, and what it said last.
#[derive(Debug)]
struct Counter {
    watch: OomWatch,
    killed: Mutex<Option<MemoryAtEnd>>,
}

impl Counter {
    fn read(&self) -> Option<MemoryAtEnd> {
        let mut killed = self.killed.lock().unwrap_or_else(PoisonError::into_inner);
        *killed = self.watch.killed().or(*killed);
        *killed
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.witness.abort();
    }
}

impl Births {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Birth>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The service has just answered that it has started a container.
    pub fn announce(&self, id: &ContainerId) {
        let mut births = self.lock();
        births.retain(|birth| birth.id != *id);
        births.truncate(BIRTHS_MAX - 1);
        births.push_front(Birth { id: id.clone(), group: None });
    }

    /// Looks at a container that was announced, once. Must be called within a tokio runtime.
    pub fn begin(&self, machine: &Hierarchies, id: &ContainerId) {
        if !self.lock().iter().any(|birth| birth.id == *id && birth.group.is_none()) {
            return;
        }
        let group = Group::of(machine, id);
        // Another may have looked meanwhile, or a watch holds it.
        if let Some(birth) = self.lock().iter_mut().find(|birth| birth.id == *id) {
            birth.group = birth.group.take().or(group);
        }
    }

    /// The memory of a container of which processes were killed for want of it before any watch held it.
    pub fn killed(&self, machine: &Hierarchies, id: &ContainerId) -> Option<MemoryAtEnd> {
        self.begin(machine, id);
        self.lock().iter().find(|birth| birth.id == *id)?.group.as_ref()?.counter.read()
    }

    /// A watch holds it, or it is gone.
    pub fn forget(&self, id: &ContainerId) {
        self.lock().retain(|birth| birth.id != *id);
    }
}

impl Group {
    fn of(machine: &Hierarchies, id: &ContainerId) -> Option<Self> {
        let cgroup = machine.of_ended("", id.as_str())?;
        let watch = OomWatch::since_birth(&cgroup).ok()?;
        let counter = Arc::new(Counter { watch, killed: Mutex::default() });
        // If its program is gone already, nothing will come to tell of that.
        counter.read();
        let witness = attend(machine.root().to_owned(), cgroup, id.clone(), Arc::clone(&counter));
        Some(Self { counter, witness: tokio::spawn(witness).abort_handle() })
    }
}

/// Reads the counter whenever a process of the group has ended, until there is none left.
async fn attend(root: PathBuf, cgroup: Cgroup, id: ContainerId, counter: Arc<Counter>) {
    while let Some(process) = first_process(&root, &cgroup, &id) {
        if process.ended().await.is_err() {
            return;
        }
        counter.read();
    }
}

fn first_process(root: &Path, cgroup: &Cgroup, id: &ContainerId) -> Option<Pidfd> {
    // A dead process is listed until its parent has taken note of it, and none of ours any more.
    let alive = |pid| Pidfd::of_container(root, pid, id.as_str()).filter(|process| !process.has_ended());
    cgroup.processes().into_iter().find_map(alive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::podman::observe::tests::machine;
    use std::fs;

    #[tokio::test]
    async fn who_asks_before_anybody_has_looked_looks_and_is_told_the_same_later() {
        let id = ContainerId::new("ab".repeat(32));
        let (root, group) = machine(&format!("machine.slice/libpod-{id}.scope"));
        fs::write(group.join("memory.events"), "oom 1\noom_kill 1\n").unwrap();
        let (births, machine) = (Births::default(), Hierarchies::below(root.path()));
        assert_eq!(births.killed(&machine, &id), None, "it was never announced");
        births.announce(&id);
        assert!(births.killed(&machine, &id).is_some());
        fs::remove_dir_all(&group).unwrap();
        births.begin(&machine, &id);
        assert!(births.killed(&machine, &id).is_some());
        births.forget(&id);
        births.begin(&machine, &id);
        assert_eq!(births.killed(&machine, &id), None);
    }
}
