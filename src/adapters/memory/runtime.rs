//! The port, carried out in memory.

use super::checks::{believe_binds, without_effect};
use super::commands::Contents;
use super::container::{Container, Refusal, gone};
use super::exec;
use super::happening::{Deed, Observer};
use super::images::Images;
use super::registry::Registry;
use super::service::Service;
use crate::domain::container::labels::{self, Owner};
use crate::domain::container::{ContainerFacts, ContainerSpec, ExecSpec};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::image::{Image, PullPolicy, PullRequest};
use crate::domain::log::{LogBatch, LogStart};
use crate::domain::signal::Signal;
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::ContainerId;
use crate::ports::runtime::{Change, Created, PullProgress};
use crate::ports::{Clock, ContainerRuntime, ErrorKind, ExecSession, RuntimeError};
use async_trait::async_trait;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio_util::sync::{CancellationToken, DropGuard};

/// First process id given to a container: above what Linux gives to anybody (2^22), so that nobody who takes it
/// for a real one finds a process that has nothing to do with it.
const FIRST_PID: u32 = 1 << 22;

/// How long the simulated registry takes.
const PULL_TIME: Duration = Duration::from_millis(250);

/// A container runtime without a machine. Its containers live as long as it does.
///
/// Must be used from within a tokio runtime. All waiting goes through the clock, so virtual time works.
pub struct MemoryRuntime {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) images: Images,
    pub(super) containers: Registry,
    pub(super) service: Service,
    /// Who is told what happens.
    observer: Option<Observer>,
    /// Paths of the host are believed and never looked at.
    blind: bool,
    /// Containers created so far.
    created: AtomicU32,
    /// Processes started so far.
    started: AtomicU32,
    /// Parent of every run.
    runs: CancellationToken,
    _end_runs: DropGuard,
}

/// One call of the port, before it does anything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Op<'a> {
    pub(super) operation: &'static str,
    pub(super) object: &'a str,
}

impl Op<'_> {
    pub(super) fn error(self, Refusal(kind, message): Refusal) -> RuntimeError {
        RuntimeError::new(self.operation, self.object, kind, message)
    }

    fn fail(self, kind: ErrorKind, message: impl Into<String>) -> RuntimeError {
        self.error(Refusal(kind, message.into()))
    }
}

impl MemoryRuntime {
    /// A runtime without images that pulls whatever is asked for.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let runs = CancellationToken::new();
        Self {
            clock,
            images: Images::default(),
            containers: Registry::default(),
            service: Service::default(),
            observer: None,
            blind: false,
            created: AtomicU32::new(0),
            started: AtomicU32::new(0),
            _end_runs: runs.clone().drop_guard(),
            runs,
        }
    }

    /// Tells `observer` what happens to its containers.
    #[must_use]
    pub fn observed(mut self, observer: Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Without the machine's files: bind mounts are believed and empty, archives exist.
    #[must_use]
    pub fn without_host(mut self) -> Self {
        self.blind = true;
        self
    }

    /// The gate that every call passes, first of all: whether the service takes it. The place of planned faults.
    pub(super) fn admit(&self, op: Op<'_>) -> Result<(), RuntimeError> {
        if self.service.is_up() {
            return Ok(());
        }
        Err(op.fail(ErrorKind::Unavailable, "dial unix (memory): connect: connection refused"))
    }

    /// The container that an admitted call is about.
    pub(super) fn admitted(&self, op: Op<'_>) -> Result<Arc<Container>, RuntimeError> {
        self.admit(op)?;
        self.containers.find(op.object).ok_or_else(|| op.error(gone(op.object)))
    }

    /// Asks the simulated registry, which has everything.
    async fn fetch(&self, op: Op<'_>, progress: PullProgress<'_>) -> Result<String, RuntimeError> {
        let lines = pull_lines(op.object);
        // Down to the first layer, which is what takes the time.
        let (first, rest) = lines.split_at(3);
        first.iter().for_each(|line| progress(line));
        self.clock.sleep(PULL_TIME + self.images.delay()).await;
        self.admit(op)?;
        if let Some(failure) = self.images.failure(op.object) {
            return Err(op.fail(failure.kind, failure.message));
        }
        rest.iter().for_each(|line| progress(line));
        Ok(self.images.add(op.object, Contents::Believed).id)
    }

    /// Believes an archive that exists: what is in it cannot be run here anyway.
    async fn load(&self, op: Op<'_>, request: &PullRequest) -> Result<String, RuntimeError> {
        if self.blind {
            return Ok(self.images.add(op.object, Contents::Believed).id);
        }
        let path = request.archive.as_deref().unwrap_or_else(|| op.object.as_ref());
        let there = tokio::fs::metadata(path).await;
        there.map_err(|error| op.fail(ErrorKind::Rejected, format!("open {}: {error}", path.display())))?;
        Ok(self.images.add(op.object, Contents::Believed).id)
    }

    fn new_id(&self) -> ContainerId {
        let part = || format!("{:016x}", self.clock.entropy());
        ContainerId::new([part(), part(), part(), part()].concat())
    }

    /// An address of the default bridge; they come around after 65 000 containers.
    fn new_ip(&self) -> String {
        let [_, _, high, low] = (self.created.fetch_add(1, Ordering::Relaxed) % 65_000 + 2).to_be_bytes();
        format!("10.88.{high}.{low}")
    }
}

/// Lines that Podman prints on the way.
fn pull_lines(image: &str) -> [String; 5] {
    [
        format!("Trying to pull {image}..."),
        "Getting image source signatures".to_owned(),
        "Copying blob (simulated)".to_owned(),
        "Copying config (simulated)".to_owned(),
        "Writing manifest to image destination".to_owned(),
    ]
}

#[async_trait]
impl ContainerRuntime for MemoryRuntime {
    async fn probe(&self) -> Result<RuntimeFacts, RuntimeError> {
        self.admit(Op { operation: "probe", object: "" })?;
        Ok(RuntimeFacts {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            api: "memory",
            cgroup_version: 2,
            rootless: false,
            oci_runtime: "memory".to_owned(),
            selinux: false,
            apparmor: false,
            seccomp: false,
            ..RuntimeFacts::default()
        })
    }

    async fn pull(&self, request: &PullRequest, progress: PullProgress<'_>) -> Result<String, RuntimeError> {
        let name = request.image.to_string();
        let op = Op { operation: "pull image", object: &name };
        self.admit(op)?;
        let present = self.images.find(&name).map(|image| image.id);
        match (&request.image, request.policy, present) {
            (Image::Archive(_), _, _) => self.load(op, request).await,
            (Image::Named(_), PullPolicy::Missing | PullPolicy::Never, Some(id)) => Ok(id),
            (Image::Named(_), PullPolicy::Never, None) => Err(op
                .fail(ErrorKind::ImageMissing, format!("{name}: image not known, and pull_policy is never"))),
            (Image::Named(_), PullPolicy::Newer, Some(id)) => match self.fetch(op, progress).await {
                Err(error) if error.is(ErrorKind::RegistryUnavailable) => Ok(id),
                fetched => fetched,
            },
            (Image::Named(_), PullPolicy::Always | PullPolicy::Missing | PullPolicy::Newer, _) => {
                self.fetch(op, progress).await
            }
        }
    }

    async fn image_id(&self, image: &str) -> Result<Option<String>, RuntimeError> {
        self.admit(Op { operation: "look up image", object: image })?;
        Ok(self.images.find(image).map(|image| image.id))
    }

    async fn remove_image(&self, id: &str) -> Result<Change, RuntimeError> {
        let op = Op { operation: "remove image", object: id };
        self.admit(op)?;
        let Some(image) = self.images.find(id) else { return Ok(Change::Identity) };
        if let Some(user) = self.containers.all().iter().find(|container| container.image == image.id) {
            let message = format!("image used by {}: image is in use by a container", user.id);
            return Err(op.fail(ErrorKind::WrongState, message));
        }
        self.images.remove(&image.id);
        Ok(Change::Changed)
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<Created, RuntimeError> {
        let op = Op { operation: "create container", object: spec.name.as_str() };
        self.admit(op)?;
        let image = self.images.find(spec.image.as_str());
        let image = image
            .ok_or_else(|| op.fail(ErrorKind::ImageMissing, format!("{}: image not known", spec.image)))?;
        let warnings = without_effect(spec);
        let spec = if self.blind { believe_binds(spec) } else { spec.clone() };
        if let Some(reason) = self.refusal(&spec) {
            return Err(op.fail(ErrorKind::Rejected, reason));
        }
        let (id, ip) = (self.new_id(), self.new_ip());
        let (clock, observer) = (Arc::clone(&self.clock), self.observer.clone());
        let container = Arc::new(Container::new(id.clone(), spec, &image, Some(ip), clock, observer));
        self.containers.add(Arc::clone(&container)).map_err(|taken| {
            let message = format!(
                "the container name {:?} is already in use by {taken}: that name is already in use",
                op.object
            );
            op.fail(ErrorKind::NameInUse, message)
        })?;
        container.tell(Deed::Created);
        Ok(Created { id, warnings })
    }

    async fn start(&self, id: &ContainerId) -> Result<Change, RuntimeError> {
        let op = Op { operation: "start container", object: id.as_str() };
        let container = self.admitted(op)?;
        if let (false, Some(reason)) = (container.is_alive(), self.port_taken(&container)) {
            // Transient: the other container may end.
            return Err(op.fail(ErrorKind::Internal, reason));
        }
        let pid = FIRST_PID + self.started.fetch_add(1, Ordering::Relaxed) % FIRST_PID;
        container.start(pid, &self.runs).map_err(|refusal| op.error(refusal))
    }

    async fn inspect(&self, id: &str) -> Result<ContainerFacts, RuntimeError> {
        Ok(self.admitted(Op { operation: "inspect container", object: id })?.facts())
    }

    async fn wait(&self, id: &ContainerId) -> Result<ContainerFacts, RuntimeError> {
        let op = Op { operation: "wait for container", object: id.as_str() };
        self.service.up().await;
        let container = self.containers.find(id.as_str()).ok_or_else(|| op.error(gone(id.as_str())))?;
        let waited = container.wait().await;
        // An exit while the service was away is told when it is back.
        self.service.up().await;
        waited.map_err(|refusal| op.error(refusal))
    }

    async fn signal(&self, id: &ContainerId, signal: Signal) -> Result<(), RuntimeError> {
        let op = Op { operation: "signal container", object: id.as_str() };
        self.admitted(op)?.signal(signal).map_err(|refusal| op.error(refusal))
    }

    async fn remove(&self, id: &ContainerId) -> Result<Change, RuntimeError> {
        let op = Op { operation: "remove container", object: id.as_str() };
        self.admit(op)?;
        let Some(container) = self.containers.find(id.as_str()) else { return Ok(Change::Identity) };
        if let Some(reason) = self.needed_by(&container) {
            // Transient: the others may go.
            return Err(op.fail(ErrorKind::Internal, reason));
        }
        if self.containers.take(id.as_str()).is_none() {
            return Ok(Change::Identity);
        }
        container.tell(Deed::Removed);
        container.discard().await;
        Ok(Change::Changed)
    }

    async fn list(&self) -> Result<Vec<ContainerFacts>, RuntimeError> {
        self.admit(Op { operation: "list containers", object: "" })?;
        let all = self.containers.all();
        let ours = all.iter().filter(|container| labels::owner(&container.spec().labels) != Owner::Foreign);
        Ok(ours.map(|container| container.facts()).collect())
    }

    async fn stats(&self, id: &ContainerId) -> Result<StatsSample, RuntimeError> {
        let op = Op { operation: "stats of container", object: id.as_str() };
        self.admitted(op)?.stats().map_err(|refusal| op.error(refusal))
    }

    async fn logs(
        &self,
        id: &ContainerId,
        start: LogStart,
    ) -> Result<BoxStream<'static, Result<LogBatch, RuntimeError>>, RuntimeError> {
        let op = Op { operation: "logs of container", object: id.as_str() };
        Ok(self.admitted(op)?.log.read(start))
    }

    async fn unread(&self, id: &ContainerId, start: LogStart) -> Result<u64, RuntimeError> {
        let op = Op { operation: "size of log of container", object: id.as_str() };
        let container = self.admitted(op)?;
        let unread = container.log.unread(start);
        unread.ok_or_else(|| op.fail(ErrorKind::Unsupported, "nothing says where that is".to_owned()))
    }

    async fn last_words(&self, id: &ContainerId) -> Result<Vec<u8>, RuntimeError> {
        let op = Op { operation: "last words of container", object: id.as_str() };
        Ok(self.admitted(op)?.log.last_words())
    }

    async fn exec(&self, id: &ContainerId, spec: &ExecSpec) -> Result<ExecSession, RuntimeError> {
        let op = Op { operation: "exec", object: id.as_str() };
        let container = self.admitted(op)?;
        exec::start(&container, &self.service, spec).map_err(|refusal| op.error(refusal))
    }
}
