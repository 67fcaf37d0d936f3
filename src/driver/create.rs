//! From a spec to a created container: pull what is missing, settle what is left over, and find out what became
//! of a request whose reply was lost.

use super::error::DriverError;
use super::retry::Backoff;
use super::{Shared, owner};
use crate::domain::config::plugin::CredentialSources;
use crate::domain::container::labels::{Owner, owner as owner_of};
use crate::domain::container::{ContainerFacts, ContainerSpec, ContainerState};
use crate::domain::image::{Account, Image, ImageRef, PullPolicy, PullRequest};
use crate::domain::task::identity::ContainerId;
use crate::domain::task::{TaskRequest, takeover};
use crate::ports::runtime::Created;
use crate::ports::{ContainerRuntime, ErrorKind, RuntimeError};

/// Rounds of create, settle, create again. A pull, a leftover and a lost reply need three; more means that
/// somebody works against us.
const ROUNDS: u32 = 6;

/// One start of a task on its way to a container.
pub struct Creation<'a> {
    pub shared: &'a Shared,
    pub runtime: &'a dyn ContainerRuntime,
    pub task: &'a TaskRequest,
    pub spec: ContainerSpec,
    pub pull: PullRequest,
    /// Where accounts come from if the task brings none.
    pub sources: &'a CredentialSources,
    /// Pull without an account if a source fails.
    pub soft_fail: bool,
}

impl Creation<'_> {
    /// Creates the container. Creating first and asking questions later keeps the usual start at one call.
    pub async fn run(mut self) -> Result<ContainerId, DriverError> {
        if self.pull.comes_first() {
            self.spec.image = ImageRef::from_id(self.pull().await?);
        }
        let mut backoff = Backoff::new(&*self.shared.clock);
        let mut last = None;
        for _ in 0..ROUNDS {
            let error = match self.runtime.create(&self.spec).await {
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
            ErrorKind::ImageMissing if self.pull.policy != PullPolicy::Never => {
                self.pull().await.map(|_| None)
            }
            ErrorKind::NameInUse | ErrorKind::OutcomeUnknown | ErrorKind::TimedOut => self.settle().await,
            ErrorKind::Unavailable => Ok(None),
            ErrorKind::ImageMissing
            | ErrorKind::NotFound
            | ErrorKind::WrongState
            | ErrorKind::RegistryUnavailable
            | ErrorKind::Rejected
            | ErrorKind::Unsupported
            | ErrorKind::Malformed
            | ErrorKind::Internal => Err(DriverError::runtime("start task", error.clone())),
        }
    }

    /// Gets the image; its id.
    async fn pull(&self) -> Result<String, DriverError> {
        let failed = |error| DriverError::runtime("start task", error);
        let request = PullRequest { account: self.account().await?, ..self.pull.clone() };
        let image = request.image.to_string();
        let (doing, done) = match request.image {
            Image::Named(_) => ("Pulling", "Pulled"),
            Image::Archive(_) => ("Loading", "Loaded"),
        };
        self.shared.tell(self.task, format!("{doing} image {image}"), &[("image", &image)]);
        let progress = |line: &str| tracing::debug!(image, line, "pulling");
        let id = self.runtime.pull(&request, &progress).await.map_err(failed)?;
        self.shared.tell(self.task, format!("{done} image {image}"), &[("image", &image), ("id", &id)]);
        Ok(id)
    }

    /// The task's own account, else what the operator's sources know.
    async fn account(&self) -> Result<Option<Account>, DriverError> {
        let image = match (&self.pull.account, &self.pull.image) {
            (None, Image::Named(image)) => image,
            (account, _) => return Ok(account.clone()),
        };
        match self.shared.credentials.account(self.sources, image).await {
            Ok(account) => Ok(account),
            Err(error) if self.soft_fail => {
                let reason = error.to_string();
                self.shared.tell(
                    self.task,
                    "Pulling without an account (auth_soft_fail)",
                    &[("reason", &reason)],
                );
                Ok(None)
            }
            Err(error) => Err(DriverError::runtime("start task", error)),
        }
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
            // What the Go driver left of this very task.
            Owner::Foreign if takeover::is_of_task(&found, self.task) => {
                self.clear(&found).await.map(|()| None)
            }
            Owner::Task { .. } | Owner::Foreign => Err(self.name_taken(&found)),
        }
    }

    async fn clear(&self, found: &ContainerFacts) -> Result<(), DriverError> {
        if self.shared.registry.owns(&found.id) && found.state.is_alive() {
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
