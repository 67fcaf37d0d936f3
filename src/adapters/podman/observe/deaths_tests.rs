//! Streams of ends that fail, and those who wait all the same.

use super::*;
use crate::adapters::podman::observe::Watches;
use crate::adapters::podman::observe::tests::{Script, seen};
use crate::domain::container::ContainerState;
use futures_util::FutureExt;
use std::path::Path;
use tokio::sync::mpsc;
use tokio::time::Instant;

fn id() -> ContainerId {
    ContainerId::new("c0ffee")
}

/// A service that says that the container is alive, where no process can be seen.
fn watches(script: Script) -> Watches<Script> {
    script.alive.lock().unwrap().insert(id());
    Watches::new(Arc::new(script), Path::new("/nowhere"))
}

fn running() -> Script {
    Script::seeing([Ok(seen("c0ffee", ContainerState::Running))])
}

#[tokio::test(start_paused = true)]
async fn without_any_stream_an_end_is_found_in_the_list() {
    let watches = watches(running());
    let waiter = tokio::spawn({
        let watches = watches.clone();
        async move { watches.wait(&id()).await }
    });
    tokio::time::sleep(Duration::from_secs(60)).await;
    watches.service().now_sees(Ok(seen("c0ffee", ContainerState::Exited)));
    watches.service().alive.lock().unwrap().clear();
    let before = Instant::now();
    waiter.await.unwrap().unwrap();
    assert!(before.elapsed() <= RELIST + Duration::from_secs(5), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn streams_that_end_at_once_are_asked_for_less_and_less() {
    let script = running();
    let broken = std::iter::repeat_with(|| mpsc::unbounded_channel().1).take(1000);
    script.deaths.lock().unwrap().extend(broken);
    let watches = watches(script);
    let waiter = tokio::spawn({
        let watches = watches.clone();
        async move { watches.wait(&id()).await }
    });
    tokio::time::sleep(Duration::from_secs(60)).await;
    let asked = 1000 - watches.service().deaths.lock().unwrap().len();
    assert!((5..30).contains(&asked), "{asked} streams in a minute");
    waiter.abort();
}

#[tokio::test(start_paused = true)]
async fn who_leaves_late_takes_nobody_along() {
    let (deaths, id) = (Deaths::default(), id());
    let waiter = |notify: &Arc<Notify>| {
        deaths.lock().containers.insert(id.clone(), Arc::clone(notify));
        Waiter { deaths: &deaths, id: &id, notify: Arc::clone(notify) }
    };
    let (first, second) = (waiter(&Arc::default()), waiter(&Arc::default()));
    drop(first);
    deaths.wake(&id);
    assert!(second.woken().now_or_never().is_some());
    drop(second);
    assert!(deaths.is_idle());
}
