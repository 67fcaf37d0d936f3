//! The door in front of each socket's runtime: so many calls at once and no more, in the order in which they came.
//!
//! Starts, signals, removals and questions queue apart, so that a storm of starts delays neither a kill nor a recovery,
//! and removals that take long delay no kill; the
//! time in a queue is nobody's deadline. A runtime that hangs is left alone for a while instead of being given more
//! to hang on ([`breaker`]), and one pull serves all who want the same ([`pulls`]). Retries are their callers', by
//! the class of the error. Must not live here: what a call is for.

mod breaker;
mod pulls;

use crate::domain::container::{ContainerFacts, ContainerSpec, ExecSpec};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::image::PullRequest;
use crate::domain::limits::{ENDS_AT_ONCE, QUESTIONS_AT_ONCE, SIGNALS_AT_ONCE, STARTS_AT_ONCE};
use crate::domain::log::{LogBatch, LogStart};
use crate::domain::signal::Signal;
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::ContainerId;
use crate::ports::runtime::{Change, Created, PullProgress};
use crate::ports::{Clock, ContainerRuntime, ExecSession, RuntimeError};
use async_trait::async_trait;
use breaker::Breaker;
use futures_util::stream::BoxStream;
use pulls::Pulls;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// See the module.
pub struct Gate {
    runtime: Arc<dyn ContainerRuntime>,
    starts: Semaphore,
    signals: Semaphore,
    ends: Semaphore,
    questions: Semaphore,
    breaker: Breaker,
    pulls: Pulls,
}

impl Gate {
    /// A gate in front of `runtime`.
    pub fn new(runtime: Arc<dyn ContainerRuntime>, clock: &Arc<dyn Clock>) -> Self {
        Self {
            starts: Semaphore::new(STARTS_AT_ONCE),
            signals: Semaphore::new(SIGNALS_AT_ONCE),
            ends: Semaphore::new(ENDS_AT_ONCE),
            questions: Semaphore::new(QUESTIONS_AT_ONCE),
            breaker: Breaker::new(Arc::clone(clock)),
            pulls: Pulls::new(Arc::clone(&runtime), Arc::clone(clock)),
            runtime,
        }
    }

    /// Answers that the runtime has given so far: a sign of life beside the fingerprint's own question.
    pub fn answers(&self) -> u64 {
        self.breaker.answers()
    }

    /// Waits for a place in `class` and makes the call. Tokio's semaphore is first come, first served.
    async fn pass<T>(
        &self,
        class: &Semaphore,
        name: (&'static str, &str),
        call: impl Future<Output = Result<T, RuntimeError>> + Send,
    ) -> Result<T, RuntimeError> {
        // It is never closed; without a place the call is made all the same.
        let _place = class.acquire().await.ok();
        self.breaker.guard(name, call).await
    }
}

#[async_trait]
impl ContainerRuntime for Gate {
    /// Waits for nobody: how the runtime is must be known most of all when it is busy.
    async fn probe(&self) -> Result<RuntimeFacts, RuntimeError> {
        self.breaker.note(self.runtime.probe().await)
    }

    async fn pull(&self, request: &PullRequest, progress: PullProgress<'_>) -> Result<String, RuntimeError> {
        self.pulls.pull(request, progress).await
    }

    async fn image_id(&self, image: &str) -> Result<Option<String>, RuntimeError> {
        self.pass(&self.questions, ("look up image", image), self.runtime.image_id(image)).await
    }

    async fn remove_image(&self, id: &str) -> Result<Change, RuntimeError> {
        self.pass(&self.ends, ("remove image", id), self.runtime.remove_image(id)).await
    }

    /// A start has time: it is slow while Podman is left alone, and fails if that does not help.
    async fn create(&self, spec: &ContainerSpec) -> Result<Created, RuntimeError> {
        self.breaker.rested().await;
        self.pass(&self.starts, ("create container", spec.name.as_str()), self.runtime.create(spec)).await
    }

    async fn start(&self, id: &ContainerId) -> Result<Change, RuntimeError> {
        self.pass(&self.starts, ("start container", id.as_str()), self.runtime.start(id)).await
    }

    async fn inspect(&self, id: &str) -> Result<ContainerFacts, RuntimeError> {
        self.pass(&self.questions, ("inspect container", id), self.runtime.inspect(id)).await
    }

    /// Lasts as long as the container and watches the kernel: it takes no place.
    async fn wait(&self, id: &ContainerId) -> Result<ContainerFacts, RuntimeError> {
        self.runtime.wait(id).await
    }

    async fn signal(&self, id: &ContainerId, signal: Signal) -> Result<(), RuntimeError> {
        self.pass(&self.signals, ("signal container", id.as_str()), self.runtime.signal(id, signal)).await
    }

    async fn remove(&self, id: &ContainerId) -> Result<Change, RuntimeError> {
        self.pass(&self.ends, ("remove container", id.as_str()), self.runtime.remove(id)).await
    }

    async fn list(&self) -> Result<Vec<ContainerFacts>, RuntimeError> {
        self.pass(&self.questions, ("list containers", ""), self.runtime.list()).await
    }

    /// Mostly the kernel's answer, which a hung service does not keep.
    async fn stats(&self, id: &ContainerId) -> Result<StatsSample, RuntimeError> {
        self.runtime.stats(id).await
    }

    async fn logs(
        &self,
        id: &ContainerId,
        start: LogStart,
    ) -> Result<BoxStream<'static, Result<LogBatch, RuntimeError>>, RuntimeError> {
        self.pass(&self.questions, ("logs of container", id.as_str()), self.runtime.logs(id, start)).await
    }

    async fn unread(&self, id: &ContainerId, start: LogStart) -> Result<u64, RuntimeError> {
        let name = ("size of log of container", id.as_str());
        self.pass(&self.questions, name, self.runtime.unread(id, start)).await
    }

    async fn last_words(&self, id: &ContainerId) -> Result<Vec<u8>, RuntimeError> {
        let name = ("last words of container", id.as_str());
        self.pass(&self.questions, name, self.runtime.last_words(id)).await
    }

    async fn exec(&self, id: &ContainerId, exec: &ExecSpec) -> Result<ExecSession, RuntimeError> {
        self.pass(&self.questions, ("exec", id.as_str()), self.runtime.exec(id, exec)).await
    }
}
