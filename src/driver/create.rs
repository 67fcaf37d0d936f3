//! From a spec to a created container: pull what is missing, settle what is left over, and find out what became
//! of a request whose reply was lost.

use super::Shared;
use super::error::DriverError;
use super::patience::telling;
use super::retry::Backoff;
use crate::domain::config::plugin::CredentialSources;
use crate::domain::container::labels::{Owner, PULLED_LABEL, owner as owner_of};
use crate::domain::container::{ContainerFacts, ContainerSpec, ContainerState};
use crate::domain::image::progress::Progress;
use crate::domain::image::{Account, Image, ImageRef, PullPolicy, PullRequest};
use crate::domain::task::identity::ContainerId;
use crate::domain::task::{TaskRequest, takeover};
use crate::ports::runtime::Created;
use crate::ports::{ContainerRuntime, ErrorKind, RuntimeError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// Rounds of create, settle, create again. A pull, a leftover and a lost reply need three; more means that
/// somebody works against us.
const ROUNDS: u32 = 6;

/// How often a name may be in use by no container before what has it is removed: after some tenths of a second, in which
/// a create whose reply was lost may still come to its end.
const EXTERNAL_LOOKS: u32 = 4;

/// One start of a task on its way to a container.
pub struct Creation<'a> {
    pub shared: &'a Shared,
    /// Name of the socket.
    pub socket: &'a str,
    pub runtime: &'a dyn ContainerRuntime,
    pub task: &'a TaskRequest,
    pub spec: ContainerSpec,
    pub pull: PullRequest,
    /// Where accounts come from if the task brings none.
    pub sources: &'a CredentialSources,
    /// Pull without an account if a source fails.
    pub soft_fail: bool,
    /// Nobody waits for the task any more.
    pub given_up: &'a CancellationToken,
    /// Images that are pulled will be removed again one day.
    pub collects: bool,
    /// A container may be there although Podman has not said so, now or later.
    pub unsettled: bool,
    /// How often the name was in use by no container that Podman knows.
    pub external: u32,
}

impl Creation<'_> {
    /// Creates the container. Creating first and asking questions later keeps the usual start at one call.
    ///
    /// # Errors
    /// There is no container, unless [`Creation::unsettled`].
    pub async fn run(&mut self) -> Result<Created, DriverError> {
        self.mark(self.shared.images.label(self.socket, &self.pull.image.to_string()));
        if self.pull.comes_first() {
            let before = self.before_pull().await;
            let id = self.pull().await?;
            self.note_pulled(&id, before);
            self.spec.image = ImageRef::from_id(id);
        }
        let mut backoff = Backoff::new(&*self.shared.clock);
        let mut last = None;
        for _ in 0..ROUNDS {
            let error = match self.runtime.create(&self.spec).await {
                Ok(created) => return Ok(created),
                Err(error) => error,
            };
            self.unsettled |= may_have_worked(&error);
            if let Some(id) = self.recover_from(&error).await? {
                return Ok(Created { id, warnings: Vec::new() });
            }
            if matches!(
                error.kind,
                ErrorKind::Unavailable | ErrorKind::Internal | ErrorKind::Malformed | ErrorKind::NameInUse
            ) {
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

    /// What to do about a failed create: an id if it had worked after all, nothing to try again, or the error.
    async fn recover_from(&mut self, error: &RuntimeError) -> Result<Option<ContainerId>, DriverError> {
        match error.kind {
            ErrorKind::ImageMissing if self.pull.policy != PullPolicy::Never => {
                let id = self.pull().await?;
                self.note_pulled(&id, Some(None));
                Ok(None)
            }
            ErrorKind::NameInUse | ErrorKind::OutcomeUnknown | ErrorKind::TimedOut | ErrorKind::Malformed => {
                self.settle(error).await
            }
            // Internal: its store is locked, for instance. Another try costs less than another placement.
            ErrorKind::Unavailable | ErrorKind::Internal => Ok(None),
            ErrorKind::ImageMissing
            | ErrorKind::NotFound
            | ErrorKind::WrongState
            | ErrorKind::RegistryUnavailable
            | ErrorKind::Rejected
            | ErrorKind::Unsupported => Err(DriverError::runtime("start task", error.clone())),
        }
    }

    /// Which image has the name before a pull: `None` if nobody can tell or it does not matter.
    async fn before_pull(&self) -> Option<Option<String>> {
        let matters = self.collects && matches!(self.pull.image, Image::Named(_));
        if !matters {
            return None;
        }
        self.runtime.image_id(&self.pull.image.to_string()).await.ok()
    }

    /// An image that was not there before is ours to remove.
    fn note_pulled(&mut self, id: &str, before: Option<Option<String>>) {
        let is_new = before.is_some_and(|before| before.as_deref() != Some(id));
        if self.collects && is_new && matches!(self.pull.image, Image::Named(_)) {
            let name = self.pull.image.to_string();
            self.shared.images.pulled(self.socket, id, &name);
            self.mark(self.shared.images.label(self.socket, &name));
        }
    }

    fn mark(&mut self, pulled: Option<String>) {
        self.spec.labels.extend(pulled.map(|pulled| (PULLED_LABEL.to_owned(), pulled)));
    }

    /// Gets the image; its id.
    async fn pull(&self) -> Result<String, DriverError> {
        let failed = |error| DriverError::runtime("start task", error);
        let request = PullRequest { account: self.account().await?, ..self.pull.clone() };
        let (events, image, clock) = (self.shared.events(self.task), &request.image, &*self.shared.clock);
        events.getting(image);
        let (begun, progress) = (clock.now(), Mutex::new(Progress::default()));
        let feed = |line: &str| {
            tracing::debug!(%image, line, "pulling");
            locked(&progress).feed(line);
        };
        let tell = |taken| events.still_getting(image, taken, &locked(&progress));
        let pull = telling(clock, self.runtime.pull(&request, &feed), tell);
        let id = tokio::select! {
            biased;
            pulled = pull => pulled.map_err(failed)?,
            () = self.given_up.cancelled() => return Err(DriverError::GivenUp),
        };
        events.got(image, &id, clock.now().since(begun));
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
                self.shared.events(self.task).without_account(image, &reason);
                Ok(None)
            }
            Err(error) => Err(DriverError::runtime("start task", error)),
        }
    }

    /// Looks at the container that has our name. The id, if it is this very start's and still untouched; else
    /// it is removed if it is ours and nobody's task.
    async fn settle(&mut self, error: &RuntimeError) -> Result<Option<ContainerId>, DriverError> {
        let found = match self.runtime.inspect(self.spec.name.as_str()).await {
            Ok(found) => found,
            Err(none) if none.is(ErrorKind::NotFound) => {
                if error.is(ErrorKind::NameInUse) {
                    self.clear_external().await;
                }
                return Ok(None);
            }
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

    /// The name, which nobody but this allocation's task gives, is in use by no container: a Podman that is killed in a
    /// create leaves storage that has it and nothing else, in Podman's words an external container. Those have no labels
    /// and no inspect, and are removed by their name (libpod REST 4.3, 5.4).
    async fn clear_external(&mut self) {
        self.external += 1;
        if self.external != EXTERNAL_LOOKS {
            return;
        }
        let name = self.spec.name.as_str();
        tracing::warn!(name, "removing storage that has the task's name and belongs to no container");
        if let Err(error) = self.runtime.remove(&ContainerId::new(name)).await {
            tracing::warn!(name, %error, "it could not be removed");
        }
    }

    async fn clear(&self, found: &ContainerFacts) -> Result<(), DriverError> {
        if self.shared.registry.owns(&found.id) && found.state.is_alive() {
            return Err(self.name_taken(found));
        }
        tracing::info!(container = found.id.as_str(), "removing what an earlier start of the task left");
        let cleared = self.shared.clear(self.runtime, &found.id).await;
        cleared.map_err(|error| DriverError::runtime("start task", error))
    }

    fn name_taken(&self, found: &ContainerFacts) -> DriverError {
        DriverError::NameTaken { name: self.spec.name.as_str().to_owned(), id: found.id.as_str().to_owned() }
    }
}

/// Whether a failed create may have left a container all the same: also one that says it failed inside, or something
/// that cannot be read.
fn may_have_worked(error: &RuntimeError) -> bool {
    error.effect_is_unknown() || matches!(error.kind, ErrorKind::Internal | ErrorKind::Malformed)
}

fn locked(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}
