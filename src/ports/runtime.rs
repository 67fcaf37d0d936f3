//! The runtime that runs containers: change through it, observe through the kernel.

use super::error::RuntimeError;
use super::exec::ExecSession;
use crate::domain::config::plugin::Endpoint;
use crate::domain::container::{ContainerFacts, ContainerSpec, ExecSpec};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::image::PullRequest;
use crate::domain::log::{LogBatch, LogStart};
use crate::domain::signal::Signal;
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::ContainerId;
use async_trait::async_trait;
use futures_util::stream::BoxStream;
use std::sync::Arc;

/// A container that has been created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Its id.
    pub id: ContainerId,
    /// What the runtime could not do as asked, in its own words: limits it ignores, for instance.
    pub warnings: Vec<String>,
}

/// What an idempotent change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was so already.
    Identity,
    /// It is so now.
    Changed,
}

/// A step of a pull, for a person: one line in the runtime's words.
pub type PullProgress<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// Containers, changed and observed.
///
/// Every method is cancel safe in that dropping its future leaves the runtime in a state that another call can
/// find out. Every call ends by itself: methods bound their own waiting (`domain::limits`), save for [`wait`],
/// [`logs`] and exec sessions, which last as long as what they watch. All errors MUST carry the runtime's own
/// message, and a kind that says what a caller may do:
///
/// * the service cannot be reached: `Unavailable`, whatever the call;
/// * a container that does not exist: `NotFound`;
/// * a change whose reply was lost, or makes no sense: `OutcomeUnknown` or `TimedOut`, never anything that means "not
///   done".
///
/// [`wait`]: ContainerRuntime::wait
/// [`logs`]: ContainerRuntime::logs
#[async_trait]
pub trait ContainerRuntime: Send + Sync {
    /// Asks the runtime what it is. Cheap enough to be called twice a minute.
    async fn probe(&self) -> Result<RuntimeFacts, RuntimeError>;

    /// Gets an image as the request says, telling steps on the way: from a registry, unless the policy is
    /// content with what is there, or from an archive. Returns the image's id. Ends within the request's
    /// timeout.
    ///
    /// # Errors
    /// `Rejected` when the registry says no for good, `RegistryUnavailable` when it may say yes later,
    /// `ImageMissing` when the policy forbids asking, `Unsupported`, naming the option, when the request
    /// cannot be met. MUST NOT contain the account.
    async fn pull(&self, request: &PullRequest, progress: PullProgress<'_>) -> Result<String, RuntimeError>;

    /// The id of the image that this name or id means on the runtime now; `None` if there is none. Asks no
    /// registry.
    async fn image_id(&self, image: &str) -> Result<Option<String>, RuntimeError>;

    /// Removes an image and the layers that no other one needs. `Identity` if there is none.
    ///
    /// # Errors
    /// MUST be `WrongState`, and nothing has changed, while any container of anybody uses it, running or not, or
    /// while it has several names.
    async fn remove_image(&self, id: &str) -> Result<Change, RuntimeError>;

    /// Creates a container; it never pulls.
    ///
    /// # Errors
    /// MUST be `ImageMissing` when a pull would help, `NameInUse` when a container of that name exists, and
    /// `Rejected` or `Unsupported`, naming the option, when the spec cannot be met.
    async fn create(&self, spec: &ContainerSpec) -> Result<Created, RuntimeError>;

    /// Starts a created or ended container. `Identity` if it runs already.
    ///
    /// # Errors
    /// `Rejected` when its program cannot be run. The container is left for the caller to remove.
    async fn start(&self, id: &ContainerId) -> Result<Change, RuntimeError>;

    /// What the runtime knows about a container, by id or name.
    async fn inspect(&self, id: &str) -> Result<ContainerFacts, RuntimeError>;

    /// Returns once the container has ended and its exit code is on record; at once if it had. The facts are
    /// then in state `Exited`, and may lack what has nothing to do with the end: labels, image, binds and address.
    /// Survives restarts of the service. Any number of callers may wait.
    ///
    /// # Errors
    /// `NotFound` when the container is gone: its exit is lost. `WrongState` when it was never started. A
    /// service that is away is waited for, not reported.
    async fn wait(&self, id: &ContainerId) -> Result<ContainerFacts, RuntimeError>;

    /// Sends a signal to the container's first process.
    ///
    /// # Errors
    /// `WrongState` when it does not run.
    async fn signal(&self, id: &ContainerId, signal: Signal) -> Result<(), RuntimeError>;

    /// Removes a container and its anonymous volumes, ending its processes if it still runs. `Identity` if
    /// there is none. A name in place of the id also removes storage that has it and belongs to no container.
    ///
    /// # Errors
    /// A transient kind, and nothing has changed, while other containers use its network.
    async fn remove(&self, id: &ContainerId) -> Result<Change, RuntimeError>;

    /// All containers of this driver (see `domain::container::labels`), running or not.
    async fn list(&self) -> Result<Vec<ContainerFacts>, RuntimeError>;

    /// Counters of a running container.
    ///
    /// # Errors
    /// `WrongState` when it does not run, `Unsupported` when they cannot be had here.
    async fn stats(&self, id: &ContainerId) -> Result<StatsSample, RuntimeError>;

    /// The container's output from `start` on, as it is written. Ends after the last byte once the container
    /// has ended. An error is the last item; the caller may go on from the last cursor. With [`LogStart::Now`] an
    /// empty batch comes first, at once: its cursor says where that is.
    ///
    /// Asking for a batch says that those before it have been delivered. The runtime may give back what it holds
    /// of them, so there is one such reader that counts, and a later [`LogStart::Beginning`] may miss them.
    async fn logs(
        &self,
        id: &ContainerId,
        start: LogStart,
    ) -> Result<BoxStream<'static, Result<LogBatch, RuntimeError>>, RuntimeError>;

    /// How many bytes of the container's log come after `start`: about what a reader that stops there has left, with what
    /// the runtime itself writes beside the output.
    ///
    /// # Errors
    /// `Unsupported` where that cannot be told, as of [`LogStart::Now`].
    async fn unread(&self, id: &ContainerId, start: LogStart) -> Result<u64, RuntimeError>;

    /// The end of what a container wrote to its standard error, at most [`LAST_WORDS_BYTES`]. Quick: what it takes to
    /// read them is bounded too, so bytes that stand before a lot of the other stream may be left out.
    ///
    /// # Errors
    /// `Unsupported` where the runtime keeps no output.
    ///
    /// [`LAST_WORDS_BYTES`]: crate::domain::last_words::LAST_WORDS_BYTES
    async fn last_words(&self, id: &ContainerId) -> Result<Vec<u8>, RuntimeError>;

    /// Runs a command inside a running container. A program that cannot be run is an exit with 126 or 127, not
    /// an error.
    ///
    /// # Errors
    /// `WrongState` when the container does not run.
    async fn exec(&self, id: &ContainerId, exec: &ExecSpec) -> Result<ExecSession, RuntimeError>;
}

/// Finds the runtime behind an endpoint.
pub trait RuntimeConnector: Send + Sync {
    /// The runtime at `endpoint`, or at the usual place for `None`. Must not connect: a runtime that is down
    /// now may be up later, and SetConfig must not fail for it.
    ///
    /// # Errors
    /// The endpoint asks for a wire that this build cannot speak.
    fn connect(&self, endpoint: Option<&Endpoint>) -> Result<Arc<dyn ContainerRuntime>, RuntimeError>;
}
