//! The first look at a container that was told to start.
//!
//! StartTask waits for it only if its answer depends on it: that the container runs has been said by the runtime, and
//! when it began and what stops it is asked later, if ever. Its owner looks then, before anything else; InspectTask
//! and a StopTask without a signal wait for that, not for long.

use super::retry::Backoff;
use crate::domain::container::{ContainerFacts, ContainerState};
use crate::domain::signal::Signal;
use crate::domain::task::FirstLook;
use crate::domain::task::identity::ContainerId;
use crate::ports::ErrorKind::{Malformed, OutcomeUnknown, TimedOut, Unavailable};
use crate::ports::{Clock, ContainerRuntime, RuntimeError};

/// Looks at a container that is said not to have started though it was told to: with the pauses between them about
/// two seconds, in which whatever the runtime answers from is brought up to date.
pub const LOOKS: u32 = 5;

/// Looks at a container that was told to start; again if the answer may be from before that.
///
/// # Errors
/// The runtime does not say, or tells of another container.
pub async fn at(
    runtime: &dyn ContainerRuntime,
    clock: &dyn Clock,
    id: &ContainerId,
) -> Result<ContainerFacts, RuntimeError> {
    let mut backoff = Backoff::new(clock);
    for _ in 1..LOOKS {
        match runtime.inspect(id.as_str()).await {
            Ok(facts) if facts.id == *id && facts.state != ContainerState::Created => return Ok(facts),
            Err(error) if !error.kind.is_transient() => return Err(error),
            Ok(_) | Err(_) => backoff.pause().await,
        }
    }
    let facts = runtime.inspect(id.as_str()).await?;
    // What is signalled and removed later must be what was created.
    let other = || RuntimeError::new("inspect container", id, Malformed, "told of another container");
    if facts.id == *id { Ok(facts) } else { Err(other()) }
}

/// The same for as long as the runtime is away. One that answers and cannot say what the container is says so again to
/// who waits for the end.
pub async fn patiently(runtime: &dyn ContainerRuntime, clock: &dyn Clock, id: &ContainerId) -> FirstLook {
    let mut backoff = Backoff::new(clock);
    loop {
        match at(runtime, clock, id).await {
            Ok(facts) => return FirstLook::from(&facts),
            Err(RuntimeError { kind: Unavailable | OutcomeUnknown | TimedOut, .. }) => backoff.pause().await,
            Err(error) => {
                tracing::debug!(container = id.as_str(), %error, "cannot look at a container that was started");
                return FirstLook { started_at: None, stop_signal: Signal::TERM };
            }
        }
    }
}
