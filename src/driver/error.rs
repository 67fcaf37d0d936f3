//! Why a verb was not carried out.

use crate::domain::config::Problems;
use crate::domain::policy::Violations;
use crate::domain::task::{Refusal, TaskId};
use crate::ports::{ErrorKind, RuntimeError};
use std::time::Duration;
use thiserror::Error;

/// A failed or refused verb.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DriverError {
    /// No task of this id is known. The text is the one Nomad's own drivers use.
    #[error("task not found for given id")]
    UnknownTask(TaskId),
    /// The id is taken.
    #[error("task with ID \"{0}\" already started")]
    AlreadyStarted(TaskId),
    /// Options that cannot be used.
    #[error("failed to decode driver config: {0}")]
    Config(#[from] Problems),
    /// Options that the operator forbids.
    #[error("the operator of this node does not allow the task: {0}")]
    Forbidden(#[from] Violations),
    /// No socket of this name.
    #[error(
        "podman client with name {name:?} not found, check the socket blocks of the plugin config; it has {known}"
    )]
    UnknownSocket {
        /// As the task says.
        name: String,
        /// Those there are.
        known: String,
    },
    /// A host path that leads where a rule forbids.
    #[error("refused by {rule} of the plugin config: host path {path:?}{via}; allowed are {allowed}")]
    PathRefused {
        /// The option that says so.
        rule: &'static str,
        /// As written, made absolute.
        path: String,
        /// Where a symlink leads, for a person; empty without one.
        via: String,
        /// Where paths may lead.
        allowed: String,
    },
    /// A host path outside the allocation while the operator forbids them.
    #[error(
        "volumes are not enabled; cannot mount host paths: {path:?}{via}. Keep the path inside the allocation, \
         or set volumes {{ enabled = true }} in the plugin config"
    )]
    VolumeOutside {
        /// As written, made absolute.
        path: String,
        /// Where a symlink leads, for a person; empty without one.
        via: String,
    },
    /// A host path that could not be looked up.
    #[error("cannot look up volume path {path:?}: {reason}")]
    VolumeLookup {
        /// The path.
        path: String,
        /// What the file system says.
        reason: String,
    },
    /// A container that is not ours has the task's name.
    #[error(
        "container name {name} is taken by container {id}, which does not belong to this driver; remove it"
    )]
    NameTaken {
        /// The name.
        name: String,
        /// The other container.
        id: String,
    },
    /// Recovery found a container that is not this task's.
    #[error("container {container} does not belong to task {task}; it is left alone")]
    NotOurs {
        /// What the handle named.
        container: String,
        /// The task.
        task: TaskId,
    },
    /// Refused by the lifecycle.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The task has ended.
    #[error("task is not running")]
    NotRunning,
    /// The command ran too long and was killed.
    #[error("command timed out after {0:?} and was killed")]
    ExecTimeout(Duration),
    /// The verb took too long.
    #[error("failed to {verb}: Podman gives no answer within {limit:?}")]
    TimedOut {
        /// What was tried.
        verb: &'static str,
        /// For how long.
        limit: Duration,
    },
    /// The runtime said no, or nothing.
    #[error("failed to {verb}: {source}")]
    Runtime {
        /// What the host had asked for.
        verb: &'static str,
        /// The failed call.
        source: RuntimeError,
    },
    /// The host went away while the image was being pulled.
    #[error("the start was given up while its image was being pulled")]
    GivenUp,
    /// The driver is going down.
    #[error("the driver is shutting down")]
    ShuttingDown,
}

impl DriverError {
    /// Wraps a runtime error for a verb.
    pub fn runtime(verb: &'static str, source: RuntimeError) -> Self {
        Self::Runtime { verb, source }
    }

    /// Whether it says that there is no container.
    pub(super) fn is_of_nothing(&self) -> bool {
        matches!(self, Self::Runtime { source, .. } if source.is(ErrorKind::NotFound))
    }

    /// Whether the same request may succeed later without anybody changing it: Nomad then applies the task's
    /// restart policy instead of failing it for good.
    pub fn is_recoverable(&self) -> bool {
        match self {
            Self::Runtime { source, .. } => source.kind.is_transient(),
            Self::NameTaken { .. } | Self::TimedOut { .. } | Self::GivenUp | Self::ShuttingDown => true,
            Self::UnknownTask(_)
            | Self::AlreadyStarted(_)
            | Self::Config(_)
            | Self::Forbidden(_)
            | Self::UnknownSocket { .. }
            | Self::PathRefused { .. }
            | Self::VolumeOutside { .. }
            | Self::VolumeLookup { .. }
            | Self::NotOurs { .. }
            | Self::Refused(_)
            | Self::NotRunning
            | Self::ExecTimeout(_) => false,
        }
    }
}
