//! One watch per container, however many wait for its end, and what all watches of a service share.

use super::births::Births;
use super::deaths::Deaths;
use super::lately::Lately;
use super::wait::wait;
use super::{Groups, Seen, Service};
use crate::adapters::podman::linux::hierarchy::Hierarchies;
use crate::adapters::podman::linux::oom::OomWatch;
use crate::domain::container::ContainerFacts;
use crate::domain::signal::Signal;
use crate::domain::task::identity::ContainerId;
use crate::ports::RuntimeError;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

type Answer = Result<ContainerFacts, RuntimeError>;
type Watch = Shared<BoxFuture<'static, Answer>>;
type Watching = HashMap<ContainerId, WeakShared<BoxFuture<'static, Answer>>>;

/// The watches over the containers of one service.
pub struct Watches<S> {
    shared: Arc<Common<S>>,
    /// Of containers that somebody waits for. A watch ends with its last waiter.
    watching: Arc<Mutex<Watching>>,
}

/// What watches of one service share.
pub struct Common<S> {
    /// See [`Service`].
    pub service: Arc<S>,
    /// Where control groups are, and below which root everything is looked for.
    pub machine: Hierarchies,
    /// Where its conmons leave exit codes, once one of them was seen.
    pub exits: OnceLock<PathBuf>,
    /// What was seen of containers before anybody waited for them.
    pub births: Births,
    /// What the service has just said.
    pub lately: Lately,
    /// Who waits for the service's word.
    pub deaths: Deaths,
    /// Memory counters of containers that are held.
    pub ooms: Ooms,
    /// Counters of containers whose statistics were asked for.
    pub groups: Groups,
}

/// Memory counters, by container, for as long as a watch has them.
#[derive(Debug, Default)]
pub struct Ooms(Mutex<HashMap<ContainerId, Weak<OomWatch>>>);

impl Ooms {
    /// This watch holds the container now.
    pub fn note(&self, id: &ContainerId, watch: &Arc<OomWatch>) {
        let mut held = lock(&self.0);
        sweep(&mut held, |watch| watch.strong_count() > 0);
        held.insert(id.clone(), Arc::downgrade(watch));
    }

    fn of(&self, id: &ContainerId) -> Option<Arc<OomWatch>> {
        lock(&self.0).get(id)?.upgrade()
    }
}

impl<S> Clone for Watches<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), watching: Arc::clone(&self.watching) }
    }
}

impl<S: Service> Watches<S> {
    /// Watches nothing yet. Processes are looked for below `root`, which is `/` but for tests.
    pub fn new(service: Arc<S>, root: &Path) -> Self {
        let common = Common {
            service,
            machine: Hierarchies::below(root),
            exits: OnceLock::new(),
            births: Births::default(),
            lately: Lately::default(),
            deaths: Deaths::default(),
            ooms: Ooms::default(),
            groups: Groups::default(),
        };
        Self { shared: Arc::new(common), watching: Arc::default() }
    }

    /// The service.
    pub fn service(&self) -> &Arc<S> {
        &self.shared.service
    }

    /// Below which files of this machine are looked for.
    pub fn root(&self) -> &Path {
        self.shared.machine.root()
    }

    /// Where control groups of this machine are.
    pub fn machine(&self) -> &Hierarchies {
        &self.shared.machine
    }

    /// The service has just started this container. Whoever waits for its end may come late. What there is to see is
    /// looked for beside what the caller does next, which is to ask the service.
    pub fn started(&self, id: &ContainerId) {
        self.shared.births.announce(id);
        let (common, id) = (Arc::clone(&self.shared), id.clone());
        tokio::spawn(async move { common.births.begin(&common.machine, &id) });
    }

    /// See [`crate::ports::ContainerRuntime::inspect`]. Observers that begin right after it do not ask again.
    pub async fn inspect(&self, id: &str) -> Result<ContainerFacts, RuntimeError> {
        let seen = self.service().seen(id).await?;
        let facts = seen.facts.clone();
        self.shared.lately.note(self.service().clock().now(), seen);
        Ok(facts)
    }

    /// A container whose state does not matter.
    pub async fn seen(&self, id: &ContainerId) -> Result<Seen, RuntimeError> {
        match self.shared.lately.of(self.service().clock().now(), id) {
            Some(seen) => Ok(seen),
            None => self.service().seen(id.as_str()).await,
        }
    }

    /// Something is done to a container: what was seen of it is over.
    pub fn touched(&self, id: &ContainerId) {
        self.shared.lately.forget(id);
        self.shared.births.forget(id);
    }

    /// A signal is about to be sent to it.
    pub fn signalling(&self, id: &ContainerId, signal: Signal) {
        self.touched(id);
        if signal == Signal::KILL {
            self.shared.ooms.of(id).iter().for_each(|watch| watch.ask());
        }
    }

    /// It is about to be removed.
    pub fn removing(&self, id: &ContainerId) {
        self.touched(id);
        self.shared.groups.forget(id);
    }

    /// Counters of containers whose statistics were asked for.
    pub fn groups(&self) -> &Groups {
        &self.shared.groups
    }

    /// See [`crate::ports::ContainerRuntime::wait`].
    pub async fn wait(&self, id: &ContainerId) -> Answer {
        self.watch(id).await
    }

    fn watch(&self, id: &ContainerId) -> Watch {
        let mut watching = lock(&self.watching);
        if let Some(watch) = watching.get(id).and_then(WeakShared::upgrade) {
            return watch;
        }
        sweep(&mut watching, |watch| watch.upgrade().is_some());
        let (common, all, id) = (Arc::clone(&self.shared), Arc::downgrade(&self.watching), id.clone());
        let key = id.clone();
        let watch = async move {
            let answer = wait(&common, &id).await;
            common.groups.forget(&id);
            // From now on the container may run anew, and its next end is another one.
            if let Some(all) = all.upgrade() {
                lock(&all).remove(&id);
            }
            answer
        };
        let watch = watch.boxed().shared();
        watching.extend(watch.downgrade().map(|weak| (key, weak)));
        watch
    }
}

/// Drops what is dead before the map would have to grow. To look at all for each that comes would make each cost more,
/// the more there are.
fn sweep<V>(map: &mut HashMap<ContainerId, V>, is_alive: impl Fn(&V) -> bool) {
    if map.len() == map.capacity() {
        map.retain(|_, value| is_alive(value));
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_whose_values_die_stays_small_and_loses_none_that_lives() {
        let (alive, mut map) = (Arc::new(()), HashMap::new());
        for n in 0..10_000 {
            sweep(&mut map, |value: &Weak<()>| value.strong_count() > 0);
            let value = if n % 1000 == 0 { Arc::clone(&alive) } else { Arc::new(()) };
            map.insert(ContainerId::new(format!("c{n}")), Arc::downgrade(&value));
        }
        assert!(map.capacity() < 100, "{}", map.capacity());
        assert_eq!(map.values().filter(|value| value.strong_count() > 0).count(), 10);
    }
}
