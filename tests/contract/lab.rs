//! What a case works with: the runtime, specs with names of their own, and short ways to common ends.

use crate::arm::{Arm, Deed};
use futures_util::StreamExt;
use nomad_driver_podman::adapters::memory::Program;
use nomad_driver_podman::domain::container::labels::{ALLOC_LABEL, DRIVER, DRIVER_LABEL, TASK_LABEL};
use nomad_driver_podman::domain::container::spec::Network;
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerSpec, ExecSpec};
use nomad_driver_podman::domain::log::{LogBatch, LogStart, Stream};
use nomad_driver_podman::domain::secret::Texts;
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::task::identity::{ContainerId, ContainerName};
use nomad_driver_podman::ports::exec::ExecSession;
use nomad_driver_podman::ports::runtime::Change;
use nomad_driver_podman::ports::{Clock, ContainerRuntime, ErrorKind, ExecEvent};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// See the module.
pub struct Lab {
    pub arm: Arc<dyn Arm>,
    pub runtime: Arc<dyn ContainerRuntime>,
    pub clock: Arc<dyn Clock>,
    /// Marks what this run of the case made.
    pub mark: String,
    names: Mutex<Vec<ContainerName>>,
    volumes: Mutex<Vec<String>>,
    dirs: Mutex<Vec<TempDir>>,
}

/// Both output streams, and how it ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// Of an exec session that ended.
    pub code: Option<i32>,
}

impl Output {
    pub fn add(&mut self, stream: Stream, bytes: &[u8]) {
        match stream {
            Stream::Stdout => self.stdout.extend_from_slice(bytes),
            Stream::Stderr => self.stderr.extend_from_slice(bytes),
        }
    }

    pub fn add_batch(&mut self, batch: &LogBatch) {
        batch.chunks.iter().for_each(|chunk| self.add(chunk.stream, &chunk.bytes));
    }

    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }
}

impl Lab {
    pub fn new(arm: Arc<dyn Arm>) -> Self {
        let (runtime, clock) = (arm.runtime(), arm.clock());
        let mark = format!("ndpc-{:016x}", clock.entropy());
        Self {
            arm,
            runtime,
            clock,
            mark,
            names: Mutex::default(),
            volumes: Mutex::default(),
            dirs: Mutex::default(),
        }
    }

    /// A container of ours that runs `program`, without a network.
    pub fn spec(&self, program: impl Into<Program>) -> ContainerSpec {
        let mut names = self.names.lock().unwrap();
        let name = ContainerName::new(format!("{}-{}", self.mark, names.len()));
        names.push(name.clone());
        ContainerSpec {
            command: self.arm.command(&program.into()),
            labels: self.labels(),
            network: Network::None,
            ..ContainerSpec::new(name, self.arm.image())
        }
    }

    /// A name for a volume, which is removed when the case is done.
    pub fn volume(&self) -> String {
        let mut volumes = self.volumes.lock().unwrap();
        let name = format!("{}-volume-{}", self.mark, volumes.len());
        volumes.push(name.clone());
        name
    }

    fn labels(&self) -> Texts {
        let labels =
            [(DRIVER_LABEL, DRIVER), (TASK_LABEL, self.mark.as_str()), (ALLOC_LABEL, self.mark.as_str())];
        labels.into_iter().collect()
    }

    /// An id that no container has.
    pub fn absent(&self) -> ContainerId {
        ContainerId::new("0".repeat(64))
    }

    pub async fn create(&self, spec: &ContainerSpec) -> ContainerId {
        self.runtime.create(spec).await.unwrap().id
    }

    /// Creates and starts.
    pub async fn start(&self, spec: &ContainerSpec) -> ContainerId {
        let id = self.create(spec).await;
        assert_eq!(self.runtime.start(&id).await.unwrap(), Change::Changed);
        id
    }

    /// Creates and starts a container that runs `program`.
    pub async fn run(&self, program: impl Into<Program>) -> ContainerId {
        self.start(&self.spec(program)).await
    }

    /// Runs a container to its end.
    pub async fn end(&self, spec: &ContainerSpec) -> (ContainerFacts, Output) {
        let id = self.start(spec).await;
        let facts = self.runtime.wait(&id).await.unwrap();
        let output = self.logs(&id, LogStart::Beginning).await;
        (facts, output)
    }

    /// What `program` prints, run to its end in a container.
    pub async fn output(&self, program: impl Into<Program>) -> Output {
        self.end(&self.spec(program)).await.1
    }

    /// The log to its end.
    pub async fn logs(&self, id: &ContainerId, start: LogStart) -> Output {
        let mut output = Output::default();
        let mut batches = self.runtime.logs(id, start).await.unwrap();
        while let Some(batch) = batches.next().await {
            output.add_batch(&batch.unwrap());
        }
        output
    }

    /// Waits until the container has printed `text`.
    pub async fn printed(&self, id: &ContainerId, text: &str) {
        let mut output = Output::default();
        let mut batches = self.runtime.logs(id, LogStart::Beginning).await.unwrap();
        while !output.text().contains(text) {
            let batch = batches.next().await;
            output.add_batch(&batch.unwrap_or_else(|| panic!("ended without {text:?}: {output:?}")).unwrap());
        }
    }

    pub async fn signal(&self, id: &ContainerId, name: &str) {
        self.runtime.signal(id, name.parse().unwrap()).await.unwrap();
    }

    /// Kills a container; its end.
    pub async fn kill(&self, id: &ContainerId) -> ContainerFacts {
        self.runtime.signal(id, Signal::KILL).await.unwrap();
        self.runtime.wait(id).await.unwrap()
    }

    /// Begins a session.
    pub async fn session(&self, id: &ContainerId, command: Vec<String>, stdin: bool) -> ExecSession {
        self.runtime.exec(id, &ExecSpec { command, tty: false, stdin }).await.unwrap()
    }

    /// Runs `program` beside the container's own, to its end.
    pub async fn exec(&self, id: &ContainerId, program: impl Into<Program>) -> Output {
        let command = self.arm.command(&program.into());
        collect(self.session(id, command, false).await).await
    }

    pub async fn human(&self, deed: Deed, id: &ContainerId) {
        self.arm.human(deed, id).await;
    }

    pub async fn sleep(&self, millis: u64) {
        self.clock.sleep(Duration::from_millis(millis)).await;
    }

    /// A fresh directory of the host that containers may write to.
    pub fn dir(&self) -> PathBuf {
        let dir = TempDir::with_prefix_in(&self.mark, self.arm.work()).unwrap();
        let path = dir.path().to_owned();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777)).unwrap();
        if let Some((user, group)) = self.arm.owner() {
            std::os::unix::fs::chown(&path, Some(user), Some(group)).unwrap();
        }
        self.dirs.lock().unwrap().push(dir);
        path
    }

    /// Removes whatever the case made; what could not be removed.
    pub async fn clean(&self) -> Vec<String> {
        let names = self.names.lock().unwrap().clone();
        let mut left = Vec::new();
        // The latest first: it may have joined the network of an earlier one.
        for name in names.iter().rev() {
            if let Ok(facts) = self.runtime.inspect(name.as_str()).await {
                // A failure shows in the look below.
                drop(self.runtime.remove(&facts.id).await);
            }
            match self.runtime.inspect(name.as_str()).await {
                Err(error) if error.is(ErrorKind::NotFound) => {}
                found => left.push(format!("{name}: {found:?}")),
            }
        }
        let volumes = std::mem::take(&mut *self.volumes.lock().unwrap());
        for volume in volumes {
            self.arm.remove_volume(&volume).await;
        }
        left
    }
}

/// A session to its end.
pub async fn collect(mut session: ExecSession) -> Output {
    let mut output = Output::default();
    while let Some(event) = session.events.next().await {
        assert_eq!(output.code, None, "the exit code is the last event");
        match event.unwrap() {
            ExecEvent::Output(chunk) => output.add(chunk.stream, &chunk.bytes),
            ExecEvent::Exited(code) => output.code = Some(code),
        }
    }
    output
}

/// The kind of the error that a call must have returned.
#[track_caller]
pub fn refused<T: std::fmt::Debug>(
    result: Result<T, nomad_driver_podman::ports::RuntimeError>,
    kind: ErrorKind,
) -> String {
    let error = match result {
        Ok(value) => panic!("must be refused with {kind:?}, but: {value:?}"),
        Err(error) => error,
    };
    assert_eq!(error.kind, kind, "{error}");
    error.message
}
