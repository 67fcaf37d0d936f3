//! The ends of containers whose processes nobody here can hold: one stream of the service's events for all of them, and
//! a slow look at its list for what the stream has missed.
//!
//! Neither is believed: both only wake whoever waits, and an inspect decides.

use super::Service;
use super::watches::Common;
use crate::domain::limits::{RETRY_FIRST, RETRY_LONGEST};
use crate::domain::task::identity::ContainerId;
use crate::ports::Clock;
use futures_util::StreamExt;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Time between two looks at the list: events get lost in files that are rotated and in connections that break. One look
/// costs the service 0.4 ms per container.
const RELIST: Duration = Duration::from_secs(30);

/// Who waits, by container.
#[derive(Debug, Default)]
pub struct Deaths(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    containers: HashMap<ContainerId, Arc<Notify>>,
    /// Somebody listens to the service.
    listening: bool,
}

/// Somebody who waits, until dropped.
pub struct Waiter<'a> {
    deaths: &'a Deaths,
    id: &'a ContainerId,
    notify: Arc<Notify>,
}

impl Waiter<'_> {
    /// Comes when the container may have ended.
    pub async fn woken(&self) {
        self.notify.notified().await;
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut waiting = self.deaths.lock();
        // The next one may wait already.
        if waiting.containers.get(self.id).is_some_and(|notify| Arc::ptr_eq(notify, &self.notify)) {
            waiting.containers.remove(self.id);
        }
    }
}

impl Deaths {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, id: &ContainerId) {
        if let Some(notify) = self.lock().containers.get(id) {
            notify.notify_one();
        }
    }

    /// Wakes all whose container is not known to be alive.
    fn wake_all_but(&self, alive: &HashSet<ContainerId>) {
        let waiting = self.lock();
        let dead = waiting.containers.iter().filter(|(id, _)| !alive.contains(*id));
        dead.for_each(|(_, notify)| notify.notify_one());
    }

    /// Whether nobody waits any more; then nobody listens any more either, except to a service that `remembers`.
    fn is_over(&self, remembers: bool) -> bool {
        let mut waiting = self.lock();
        waiting.listening = remembers || !waiting.containers.is_empty();
        !waiting.listening
    }

    fn is_idle(&self) -> bool {
        self.lock().containers.is_empty()
    }
}

/// Begins to wait for the end of a container, of which there is one watch at a time.
pub fn expect<'a, S: Service>(common: &'a Arc<Common<S>>, id: &'a ContainerId) -> Waiter<'a> {
    let notify = Arc::new(Notify::new());
    let mut waiting = common.deaths.lock();
    waiting.containers.insert(id.clone(), Arc::clone(&notify));
    if !waiting.listening {
        waiting.listening = true;
        tokio::spawn(listen(Arc::clone(common)));
    }
    Waiter { deaths: &common.deaths, id, notify }
}

/// Listens for as long as anybody waits, and looks now and then, whatever becomes of the stream.
async fn listen<S: Service>(common: Arc<Common<S>>) {
    tokio::select! {
        () = hear(&common) => {}
        () = look_on(&common) => {}
    }
}

/// Follows one stream after the other until nobody waits any more.
async fn hear<S: Service>(common: &Common<S>) {
    let clock = common.service.clock();
    let mut pause = RETRY_FIRST;
    loop {
        if let Ok(mut deaths) = common.service.deaths().await {
            // What ended before the stream began is not in it.
            look(common).await;
            while let Some(next) = within_a_while(clock, deaths.next()).await {
                // A stream that ends at once is no better than none.
                pause = RETRY_FIRST;
                next.iter().for_each(|id| common.deaths.wake(id));
                if common.deaths.is_over(common.service.remembers_listeners()) {
                    return;
                }
            }
        }
        clock.sleep(pause).await;
        pause = (pause * 2).min(RETRY_LONGEST);
        if common.deaths.is_over(false) {
            return;
        }
    }
}

/// What comes, or `Some(None)` if nothing has for long; `None` at the end.
async fn within_a_while<T>(clock: &dyn Clock, next: impl Future<Output = Option<T>>) -> Option<Option<T>> {
    tokio::select! {
        biased;
        next = next => next.map(Some),
        () = clock.sleep(RELIST) => Some(None),
    }
}

async fn look_on<S: Service>(common: &Common<S>) {
    let clock = common.service.clock();
    loop {
        // Services that were restarted together shall not be looked at together.
        clock.sleep(RELIST + Duration::from_millis(clock.entropy() % 5_000)).await;
        look(common).await;
    }
}

async fn look<S: Service>(common: &Common<S>) {
    if common.deaths.is_idle() {
        return;
    }
    match common.service.alive().await {
        Ok(alive) => common.deaths.wake_all_but(&alive),
        Err(error) => tracing::debug!(%error, "cannot look for containers that have ended"),
    }
}

#[cfg(test)]
#[path = "deaths_tests.rs"]
mod tests;
