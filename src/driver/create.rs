//! From a spec to a created container: pull what is missing, settle what is left over, and find out what became
//! of a request whose reply was lost.

use super::error::DriverError;
use super::registry::Registry;
use super::retry::Backoff;
use super::{Shared, owner};
use crate::domain::container::labels::{Owner, owner as owner_of};
use crate::domain::container::{ContainerFacts, ContainerSpec, ContainerState};
use crate::domain::task::TaskRequest;
use crate::domain::task::identity::ContainerId;
use crate::ports::runtime::Created;
use crate::ports::{ContainerRuntime, ErrorKind, RuntimeError};

/// Rounds of create, settle, create again. A pull, a leftover and a lost reply need three; more means that
/// somebody works against us.
const ROUNDS: u32 = 6;

/// One start of a task on its way to a container.
pub struct Creation<'a> {
    pub shared: &'a Shared,
    pub runtime: &'a dyn ContainerRuntime,
    pub registry: &'a Registry,
    pub task: &'a TaskRequest,
    pub spec: &'a ContainerSpec,
}

impl Creation<'_> {
    /// Creates the container. Creating first and asking questions later keeps the usual start at one call.
    pub async fn run(&self) -> Result<ContainerId, DriverError> {
        let mut backoff = Backoff::new(&*self.shared.clock);
        let mut last = None;
        for _ in 0..ROUNDS {
            let error = match self.runtime.create(self.spec).await {
                Ok(created) => return Ok(self.created(created)),
                Err(error) => error,
            };
            if let Some(id) = self.recover_from(&error).await? {
                return Ok(id);
            }
            if error.is(ErrorKind::Unavailable) {
                backoff.pause().await;
            }
            last = Some(error);
        }
        Err(self.failed(last))
    }

    fn failed(&self, last: Option<RuntimeError>) -> DriverError {
        let nothing_said = || {
            RuntimeError::new(
                "create container",
                &self.spec.name,
                ErrorKind::Internal,
                "gave up without an error",
            )
        };
        DriverError::runtime("start task", last.unwrap_or_else(nothing_said))
    }

    fn created(&self, created: Created) -> ContainerId {
        for warning in &created.warnings {
            self.shared.tell(self.task, format!("Podman warns: {warning}"), &[]);
        }
        created.id
    }

    /// What to do about a failed create: an id if it had worked after all, nothing to try again, or the error.
    async fn recover_from(&self, error: &RuntimeError) -> Result<Option<ContainerId>, DriverError> {
        match error.kind {
            ErrorKind::ImageMissing => self.pull().await.map(|()| None),
            ErrorKind::NameInUse | ErrorKind::OutcomeUnknown | ErrorKind::TimedOut => self.settle().await,
            ErrorKind::Unavailable => Ok(None),
            ErrorKind::NotFound
            | ErrorKind::WrongState
            | ErrorKind::RegistryUnavailable
            | ErrorKind::Rejected
            | ErrorKind::Unsupported
            | ErrorKind::Malformed
            | ErrorKind::Internal => Err(DriverError::runtime("start task", error.clone())),
        }
    }

    async fn pull(&self) -> Result<(), DriverError> {
        let image = &self.spec.image;
        self.shared.tell(self.task, format!("Pulling image {image}"), &[("image", image.as_str())]);
        let progress = |line: &str| tracing::debug!(image = image.as_str(), line, "pulling");
        let id =
            self.runtime.pull(image, &progress).await.map_err(|e| DriverError::runtime("start task", e))?;
        self.shared.tell(
            self.task,
            format!("Pulled image {image}"),
            &[("image", image.as_str()), ("id", &id)],
        );
        Ok(())
    }

    /// Looks at the container that has our name. The id, if it is this very start's and still untouched; else
    /// it is removed if it is ours and nobody's task.
    async fn settle(&self) -> Result<Option<ContainerId>, DriverError> {
        let found = match self.runtime.inspect(self.spec.name.as_str()).await {
            Ok(found) => found,
            Err(error) if error.is(ErrorKind::NotFound) => return Ok(None),
            Err(error) => return Err(DriverError::runtime("start task", error)),
        };
        match owner_of(&found.labels) {
            Owner::Task { task_id, .. }
                if task_id == self.task.id.as_str() && found.state == ContainerState::Created =>
            {
                Ok(Some(found.id))
            }
            Owner::Task { alloc_id, .. } if alloc_id == self.task.meta.alloc_id.as_str() => {
                self.clear(&found).await.map(|()| None)
            }
            Owner::Task { .. } | Owner::Foreign => Err(self.name_taken(&found)),
        }
    }

    async fn clear(&self, found: &ContainerFacts) -> Result<(), DriverError> {
        if self.registry.owns(&found.id) && found.state.is_alive() {
            return Err(self.name_taken(found));
        }
        tracing::info!(container = found.id.as_str(), "removing what an earlier start of the task left");
        owner::remove(self.runtime, &*self.shared.clock, &found.id)
            .await
            .map_err(|error| DriverError::runtime("start task", error))
    }

    fn name_taken(&self, found: &ContainerFacts) -> DriverError {
        DriverError::NameTaken { name: self.spec.name.as_str().to_owned(), id: found.id.as_str().to_owned() }
    }
}
