//! Cleaning up behind what no verb of the host reaches: containers of ours that no task claims, and images that
//! nobody needs any more.
//!
//! One reaper per socket, so that a hung one does not keep the others dirty. It remembers nothing: containers say
//! themselves whose they are, so the next plugin process goes on where this one was killed.

use super::images::Images;
use super::settings::Socket;
use super::{Settings, Shared};
use crate::domain::config::gc::Gc;
use crate::domain::container::ContainerFacts;
use crate::domain::container::labels::{Agent, Owner, owner_by_name};
use crate::domain::idle::Idle;
use crate::domain::limits::{REAP_INTERVAL, REAP_INTERVAL_MIN};
use crate::domain::task::TaskId;
use crate::domain::task::identity::ContainerId;
use crate::ports::runtime::Change;
use crate::ports::{ContainerRuntime, ErrorKind};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::task::JoinSet;

/// What the host has said that the reapers must know.
#[derive(Default)]
pub struct Heard {
    /// Agents whose tasks we were given: usually one. Before the first task nothing is anybody's.
    agents: Mutex<BTreeSet<Agent>>,
    /// Recoveries so far.
    recoveries: AtomicU64,
}

impl Heard {
    /// A task was named.
    pub fn task(&self, agent: Option<Agent>) {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner).extend(agent);
    }

    /// The host is recovering tasks, and may have more to come.
    pub fn recovery(&self) {
        self.recoveries.fetch_add(1, Ordering::Relaxed);
    }

    fn knows(&self, agent: Option<Agent>) -> bool {
        let agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agent.is_some_and(|agent| agents.contains(&agent))
    }
}

/// Starts the reapers that a configuration asks for; dropping the result ends them.
pub fn spawn(shared: &Arc<Shared>, settings: &Settings) -> JoinSet<()> {
    let mut reapers = JoinSet::new();
    let gc = &settings.plugin.gc;
    for socket in settings.sockets().iter().filter(|_| gc.dangling || gc.image) {
        let reaper = Reaper {
            shared: Arc::downgrade(shared),
            socket: socket.clone(),
            gc: gc.clone(),
            settings: settings.clone(),
            recoveries: 0,
            dangling: Idle::default(),
            told: BTreeSet::new(),
            images: Idle::default(),
        };
        reapers.spawn(reaper.run());
    }
    reapers
}

struct Reaper {
    shared: Weak<Shared>,
    socket: Socket,
    gc: Gc,
    settings: Settings,
    /// Recoveries at the last look.
    recoveries: u64,
    dangling: Idle<ContainerId>,
    /// Containers that a dry run has told of.
    told: BTreeSet<ContainerId>,
    images: Idle<String>,
}

impl Reaper {
    async fn run(mut self) {
        let pause = self.pause();
        while let Some(clock) = self.shared.upgrade().map(|shared| Arc::clone(&shared.clock)) {
            clock.sleep(pause).await;
            let Some(shared) = self.shared.upgrade() else { return };
            match self.socket.runtime.list().await {
                Ok(listed) => self.look(&shared, &listed, pause).await,
                // What could not be seen does not grow older.
                Err(error) => tracing::debug!(socket = self.socket.name, %error, "cannot look for leftovers"),
            }
        }
    }

    fn pause(&self) -> Duration {
        let limits = [(self.gc.dangling, self.gc.dangling_grace), (self.gc.image, self.gc.image_delay)];
        let shortest = limits.into_iter().filter(|(on, _)| *on).map(|(_, limit)| limit).min();
        shortest.unwrap_or(REAP_INTERVAL).clamp(REAP_INTERVAL_MIN, REAP_INTERVAL)
    }

    async fn look(&mut self, shared: &Shared, listed: &[ContainerFacts], passed: Duration) {
        if self.gc.dangling {
            self.reap(shared, listed, passed).await;
        }
        if self.gc.image {
            self.collect(&shared.images, listed, passed).await;
        }
    }

    async fn reap(&mut self, shared: &Shared, listed: &[ContainerFacts], passed: Duration) {
        let recoveries = shared.heard.recoveries.load(Ordering::Relaxed);
        if std::mem::replace(&mut self.recoveries, recoveries) != recoveries {
            self.dangling.reset();
        }
        let dangling = listed.iter().filter(|facts| self.is_dangling(shared, facts));
        let dangling: Vec<ContainerId> = dangling.map(|facts| facts.id.clone()).collect();
        let due = self.dangling.look(dangling, passed, self.gc.dangling_grace);
        self.told.retain(|id| due.contains(id));
        for facts in listed.iter().filter(|facts| due.contains(&facts.id)) {
            // Removing the one before took time: the host may have claimed this one meanwhile.
            if self.is_dangling(shared, facts) {
                self.remove(shared, facts).await;
            }
        }
    }

    fn is_dangling(&self, shared: &Shared, facts: &ContainerFacts) -> bool {
        let Owner::Task { task_id, .. } = owner_by_name(&facts.name, &facts.labels) else { return false };
        let claimed = shared.registry.has(&TaskId::new(task_id)) || shared.registry.owns(&facts.id);
        !claimed && !self.settings.keeps(facts) && shared.heard.knows(Agent::of_container(&facts.labels))
    }

    async fn remove(&mut self, shared: &Shared, facts: &ContainerFacts) {
        let (container, name) = (facts.id.as_str(), facts.name.as_str());
        if self.gc.dangling_dry_run {
            if self.told.insert(facts.id.clone()) {
                tracing::warn!(
                    container,
                    name,
                    "no task claims this container; it would be removed (dry_run)"
                );
            }
            return;
        }
        shared.host.log_ledger(&facts.id).forget();
        match self.socket.runtime.remove(&facts.id).await {
            Ok(_) => tracing::warn!(container, name, "removed a container that no task claims"),
            Err(error) => {
                tracing::warn!(container, name, %error, "cannot remove a container that no task claims")
            }
        }
    }

    async fn collect(&mut self, images: &Images, listed: &[ContainerFacts], passed: Duration) {
        let unused = images.unused(&self.socket.name, listed);
        for id in self.images.look(unused, passed, self.gc.image_delay) {
            // A start that came meanwhile keeps it.
            if images.unused(&self.socket.name, listed).contains(&id) {
                collect(&*self.socket.runtime, images, &self.socket.name, &id).await;
            }
        }
    }
}

/// Removes one image. One that somebody else uses is not ours to remove any more.
async fn collect(runtime: &dyn ContainerRuntime, images: &Images, socket: &str, id: &str) {
    match runtime.remove_image(id).await {
        Ok(Change::Changed) => tracing::info!(image = id, socket, "removed an image that no container needs"),
        Ok(Change::Identity) => {}
        Err(error) if error.is(ErrorKind::WrongState) => {
            tracing::debug!(image = id, %error, "others use the image: it is left to them");
        }
        Err(error) => {
            tracing::warn!(image = id, socket, %error, "cannot remove an image, trying again later");
            return;
        }
    }
    images.forget(socket, id);
}
