//! The port, put together from its topics.

use super::client::Podman;
use crate::adapters::podman::call::Call;
use crate::adapters::podman::observe::{self, Watches};
use crate::domain::container::{ContainerFacts, ContainerSpec, ExecSpec};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::image::PullRequest;
use crate::domain::log::{LogBatch, LogStart};
use crate::domain::signal::Signal;
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::ContainerId;
use crate::ports::runtime::{Change, Created, PullProgress};
use crate::ports::{Clock, ContainerRuntime, ExecSession, RuntimeError};
use async_trait::async_trait;
use futures_util::stream::BoxStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Containers of one Podman 1, over its varlink socket. Cheap to keep, and shared by all tasks.
pub struct VarlinkRuntime {
    podman: Arc<Podman>,
    watches: Watches<Podman>,
}

impl VarlinkRuntime {
    /// The Podman behind `socket`. Does not connect.
    pub fn new(socket: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self::with_root(socket, clock, Path::new("/"))
    }

    /// The same, with processes and files of containers looked for below another root: where there are none, it is as
    /// if Podman ran in other namespaces. For tests.
    pub fn with_root(socket: PathBuf, clock: Arc<dyn Clock>, root: &Path) -> Self {
        let podman = Arc::new(Podman::new(socket, clock).below(root));
        let watches = Watches::new(Arc::clone(&podman), root);
        Self { podman, watches }
    }
}

#[async_trait]
impl ContainerRuntime for VarlinkRuntime {
    async fn probe(&self) -> Result<RuntimeFacts, RuntimeError> {
        self.podman.probe().await
    }

    async fn pull(&self, request: &PullRequest, progress: PullProgress<'_>) -> Result<String, RuntimeError> {
        self.podman.pull(request, progress).await
    }

    async fn image_id(&self, image: &str) -> Result<Option<String>, RuntimeError> {
        self.podman.image_id(&Call::new("look up image", image), image).await
    }

    async fn remove_image(&self, id: &str) -> Result<Change, RuntimeError> {
        self.podman.remove_image(id).await
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<Created, RuntimeError> {
        self.podman.create(spec).await
    }

    async fn start(&self, id: &ContainerId) -> Result<Change, RuntimeError> {
        self.watches.touched(id);
        let started = self.podman.start(id).await?;
        self.watches.started(id);
        Ok(started)
    }

    async fn inspect(&self, id: &str) -> Result<ContainerFacts, RuntimeError> {
        self.watches.inspect(id).await
    }

    async fn wait(&self, id: &ContainerId) -> Result<ContainerFacts, RuntimeError> {
        self.watches.wait(id).await
    }

    async fn signal(&self, id: &ContainerId, signal: Signal) -> Result<(), RuntimeError> {
        self.watches.signalling(id, signal);
        self.podman.signal(id, signal).await
    }

    async fn remove(&self, id: &ContainerId) -> Result<Change, RuntimeError> {
        self.watches.removing(id);
        self.podman.remove(id).await
    }

    async fn list(&self) -> Result<Vec<ContainerFacts>, RuntimeError> {
        self.podman.list().await
    }

    async fn stats(&self, id: &ContainerId) -> Result<StatsSample, RuntimeError> {
        observe::stats(&self.watches, id).await
    }

    async fn logs(
        &self,
        id: &ContainerId,
        start: LogStart,
    ) -> Result<BoxStream<'static, Result<LogBatch, RuntimeError>>, RuntimeError> {
        observe::logs(&self.watches, id, start).await
    }

    async fn unread(&self, id: &ContainerId, start: LogStart) -> Result<u64, RuntimeError> {
        observe::unread(&self.watches, id, start).await
    }

    async fn last_words(&self, id: &ContainerId) -> Result<Vec<u8>, RuntimeError> {
        observe::last_words(&self.watches, id).await
    }

    async fn exec(&self, id: &ContainerId, exec: &ExecSpec) -> Result<ExecSession, RuntimeError> {
        self.podman.exec(id, exec).await
    }
}
