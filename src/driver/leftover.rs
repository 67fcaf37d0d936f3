//! A start that failed while Podman did not say what became of it may still have a container, now or soon: looked
//! for by name and removed, in the background, so that the host has its error at once.

use super::Shared;
use super::retry::Backoff;
use crate::domain::container::labels::{Owner, owner as owner_of};
use crate::domain::limits::{LEFTOVER_ABSENT_LOOKS, LEFTOVER_LOOKS};
use crate::domain::task::TaskId;
use crate::domain::task::identity::ContainerName;
use crate::ports::{ContainerRuntime, ErrorKind};
use std::sync::Arc;

/// A container that may be there.
pub struct Leftover {
    pub runtime: Arc<dyn ContainerRuntime>,
    pub name: ContainerName,
    /// Whose start it was.
    pub task: TaskId,
}

/// What a look has brought.
enum Look {
    Settled,
    Absent,
    Again,
}

/// Watches for it until it is removed, has become somebody's, or has not come.
pub fn watch(shared: &Arc<Shared>, leftover: Leftover) {
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let mut backoff = Backoff::new(&*shared.clock);
        let mut absent = 0;
        for _ in 0..LEFTOVER_LOOKS {
            backoff.pause().await;
            // The same start came again: it settles what it finds.
            if shared.registry.has(&leftover.task) {
                return;
            }
            match leftover.look(&shared).await {
                Look::Settled => return,
                Look::Absent => absent += 1,
                Look::Again => {}
            }
            if absent >= LEFTOVER_ABSENT_LOOKS {
                return;
            }
        }
        tracing::warn!(container = leftover.name.as_str(), "gave up looking for what a failed start left");
    });
}

impl Leftover {
    async fn look(&self, shared: &Shared) -> Look {
        let found = match self.runtime.inspect(self.name.as_str()).await {
            Ok(found) => found,
            Err(error) if error.is(ErrorKind::NotFound) => return Look::Absent,
            Err(_) => return Look::Again,
        };
        match owner_of(&found.labels) {
            Owner::Task { task_id, .. } if task_id == self.task.as_str() => {
                tracing::info!(container = found.id.as_str(), "removing what a failed start left");
                match shared.clear(&*self.runtime, &found.id).await {
                    Ok(()) => Look::Settled,
                    Err(_) => Look::Again,
                }
            }
            Owner::Task { .. } | Owner::Foreign => Look::Settled,
        }
    }
}
