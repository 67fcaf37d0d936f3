//! Calls of the plugin as the host makes them: with a limit, and lost when the plugin dies.

use super::world::{Plugin, World};
use crate::driver::DriverError;
use crate::ports::Clock;
use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Each verb and how long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the request of its name")]
pub enum Verb {
    Start,
    Recover,
    Wait,
    Stop,
    Destroy,
    Signal,
    Exec,
    Stats,
    Fingerprint,
}

/// How long a request may take.
enum Limit {
    /// Whatever happens.
    Always(Duration),
    /// Once nothing goes wrong any more: it must wait for as long as something does.
    InCalm(Duration),
    /// The first whatever happens, the second once nothing goes wrong any more.
    Both(Duration, Duration),
    /// As long as the task.
    None,
}

impl Verb {
    fn limit(self) -> Limit {
        match self {
            // Six rounds of create, each with a pull, a settle and a removal that hang.
            Self::Start => Limit::Both(120 * MINUTE, 15 * MINUTE),
            Self::Recover => Limit::Always(Duration::from_secs(11)),
            Self::Wait => Limit::None,
            Self::Stop => Limit::InCalm(10 * MINUTE),
            // Eight tries, each of which hangs, after a kill that has to succeed.
            Self::Destroy => Limit::InCalm(40 * MINUTE),
            Self::Signal => Limit::Always(3 * MINUTE),
            Self::Exec => Limit::Always(6 * MINUTE),
            Self::Stats => Limit::Always(2 * MINUTE),
            Self::Fingerprint => Limit::Always(Duration::from_secs(11)),
        }
    }
}

/// A request; `None` when the plugin died before it answered.
pub async fn rpc<T>(
    world: &Arc<World>,
    plugin: &Plugin,
    verb: Verb,
    call: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        biased;
        () = plugin.life.cancelled() => None,
        answer = call => Some(answer),
        () = overdue(world, verb) => {
            world.trace.violation(&format!("{verb:?} does not end"));
            // A person would restart it.
            plugin.life.cancel();
            None
        }
    }
}

async fn overdue(world: &World, verb: Verb) {
    match verb.limit() {
        Limit::Always(limit) => world.clock.sleep(limit).await,
        Limit::InCalm(limit) => overdue_in_calm(world, limit).await,
        Limit::Both(always, in_calm) => tokio::select! {
            biased;
            () = world.clock.sleep(always) => {}
            () = overdue_in_calm(world, in_calm) => {}
        },
        Limit::None => std::future::pending().await,
    }
}

async fn overdue_in_calm(world: &World, limit: Duration) {
    world.weather.calmed().await;
    world.clock.sleep(limit).await;
}

/// Tells an answer, in both forms in which anybody may read an error.
pub fn told<T: Debug>(world: &World, what: &str, answer: Result<T, DriverError>) -> Result<T, DriverError> {
    match &answer {
        Ok(value) => {
            world.must_be_clean("the Debug text of an answer", &format!("{value:?}"));
            world.trace.tell("nomad", &format!("{what}: ok"));
        }
        Err(error) => {
            world.must_be_clean("the Debug text of an error", &format!("{error:?}"));
            let recoverable = if error.is_recoverable() { "recoverable" } else { "final" };
            world.trace.tell("nomad", &format!("{what}: {recoverable}: {error}"));
        }
    }
    answer
}
