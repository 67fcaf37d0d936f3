//! The doubles: a scripted runtime, a silent host, a clock that a test can pause.

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use nomad_driver_podman::domain::config::plugin::{Endpoint, Socket, Wire};
use nomad_driver_podman::domain::config::{PluginConfig, Value};
use nomad_driver_podman::domain::container::labels;
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerSpec, ContainerState, ExecSpec};
use nomad_driver_podman::domain::fingerprint::RuntimeFacts;
use nomad_driver_podman::domain::image::PullRequest;
use nomad_driver_podman::domain::log::{LogBatch, LogStart, Stream};
use nomad_driver_podman::domain::secret::Texts;
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::stats::StatsSample;
use nomad_driver_podman::domain::task::identity::{ContainerId, ContainerName};
use nomad_driver_podman::domain::task::request::{Resources, TaskDirs, TaskMeta};
use nomad_driver_podman::domain::task::{AllocId, Handle, Origin, PlacedTask, TaskId, TaskRequest};
use nomad_driver_podman::domain::time::Timestamp;
use nomad_driver_podman::driver::Driver;
use nomad_driver_podman::ports::exec::ExecSession;
use nomad_driver_podman::ports::runtime::{Change, Created, PullProgress};
use nomad_driver_podman::ports::{
    Clock, ContainerRuntime, Credentials, ErrorKind, LogSink, NoCredentials, NomadHost, RuntimeConnector,
    RuntimeError, TaskEvent,
};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

type Answer<T> = Result<T, RuntimeError>;

// The port's calls without their async clothes, which mockall cannot dress a borrowed closure in.
mockall::mock! {
    pub Runtime {
        pub fn probe(&self) -> Answer<RuntimeFacts>;
        pub fn pull(&self, request: &PullRequest) -> Answer<String>;
        pub fn image_id(&self, image: &str) -> Answer<Option<String>>;
        pub fn remove_image(&self, id: &str) -> Answer<Change>;
        pub fn create(&self, spec: &ContainerSpec) -> Answer<Created>;
        pub fn start(&self, id: &ContainerId) -> Answer<Change>;
        pub fn inspect(&self, id: &str) -> Answer<ContainerFacts>;
        pub fn wait(&self, id: &ContainerId) -> Answer<ContainerFacts>;
        pub fn signal(&self, id: &ContainerId, signal: Signal) -> Answer<()>;
        pub fn remove(&self, id: &ContainerId) -> Answer<Change>;
        pub fn list(&self) -> Answer<Vec<ContainerFacts>>;
        pub fn last_words(&self, id: &ContainerId) -> Answer<Vec<u8>>;
        pub fn logs(&self, start: LogStart) -> Answer<Vec<Answer<LogBatch>>>;
    }
}

#[async_trait]
impl ContainerRuntime for MockRuntime {
    async fn probe(&self) -> Answer<RuntimeFacts> {
        Self::probe(self)
    }

    async fn pull(&self, request: &PullRequest, _: PullProgress<'_>) -> Answer<String> {
        Self::pull(self, request)
    }

    async fn image_id(&self, image: &str) -> Answer<Option<String>> {
        Self::image_id(self, image)
    }

    async fn remove_image(&self, id: &str) -> Answer<Change> {
        Self::remove_image(self, id)
    }

    async fn create(&self, spec: &ContainerSpec) -> Answer<Created> {
        Self::create(self, spec)
    }

    async fn start(&self, id: &ContainerId) -> Answer<Change> {
        Self::start(self, id)
    }

    async fn inspect(&self, id: &str) -> Answer<ContainerFacts> {
        Self::inspect(self, id)
    }

    async fn wait(&self, id: &ContainerId) -> Answer<ContainerFacts> {
        Self::wait(self, id)
    }

    async fn signal(&self, id: &ContainerId, signal: Signal) -> Answer<()> {
        Self::signal(self, id, signal)
    }

    async fn remove(&self, id: &ContainerId) -> Answer<Change> {
        Self::remove(self, id)
    }

    async fn list(&self) -> Answer<Vec<ContainerFacts>> {
        Self::list(self)
    }

    async fn stats(&self, _: &ContainerId) -> Answer<StatsSample> {
        Err(error(ErrorKind::Unsupported))
    }

    async fn logs(&self, _: &ContainerId, start: LogStart) -> Answer<BoxStream<'static, Answer<LogBatch>>> {
        Ok(stream::iter(Self::logs(self, start)?).boxed())
    }

    async fn unread(&self, _: &ContainerId, _: LogStart) -> Answer<u64> {
        Err(error(ErrorKind::Unsupported))
    }

    async fn last_words(&self, id: &ContainerId) -> Answer<Vec<u8>> {
        Self::last_words(self, id)
    }

    async fn exec(&self, _: &ContainerId, _: &ExecSpec) -> Answer<ExecSession> {
        Err(error(ErrorKind::Unsupported))
    }
}

/// A runtime that answers probes and nothing else yet.
pub fn runtime() -> MockRuntime {
    let mut runtime = MockRuntime::new();
    runtime.expect_probe().returning(|| {
        Ok(RuntimeFacts {
            version: "4.3.1".to_owned(),
            api: "mock",
            cgroup_version: 2,
            rootless: false,
            oci_runtime: String::new(),
            selinux: false,
            apparmor: false,
            seccomp: false,
            ..RuntimeFacts::default()
        })
    });
    runtime
}

/// An error of a kind.
pub fn error(kind: ErrorKind) -> RuntimeError {
    RuntimeError::new("call", "object", kind, format!("scripted {kind:?}"))
}

/// The id of the container of these tests.
pub const ID: &str = "c0ffee";

/// The handle of that container.
pub fn handle() -> Handle {
    Handle {
        socket: "default".to_owned(),
        container: ContainerId::new(ID),
        name: ContainerName::new("web-alloc-1"),
        started_at: None,
        origin: Origin::Ours,
    }
}

/// Facts of that container as made for [`task`].
pub fn facts(state: ContainerState) -> ContainerFacts {
    ContainerFacts {
        id: ContainerId::new(ID),
        name: ContainerName::new("web-alloc-1"),
        state,
        pid: None,
        started_at: None,
        finished_at: None,
        exit_code: None,
        oom_killed: false,
        memory_at_end: None,
        labels: labels::of_task(&task()),
        image: None,
        binds: vec![],
        ip: None,
        stop_signal: None,
    }
}

/// Facts of that container, ended with a code.
pub fn ended(code: i32) -> ContainerFacts {
    ContainerFacts { exit_code: Some(code), ..facts(ContainerState::Exited) }
}

/// A runtime that starts the task and then never ends it.
pub fn running() -> MockRuntime {
    let mut runtime = starting();
    runtime.expect_wait().returning(|_| Err(error(ErrorKind::Unavailable)));
    runtime
}

/// A runtime that starts the task; how it ends is up to the test.
pub fn starting() -> MockRuntime {
    let mut runtime = runtime();
    runtime.expect_create().returning(|_| Ok(Created { id: ContainerId::new(ID), warnings: vec![] }));
    runtime.expect_start().returning(|_| Ok(Change::Changed));
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime
}

/// A task that wants no logs.
pub fn task() -> TaskRequest {
    TaskRequest {
        id: TaskId::new("alloc-1/web/00000001"),
        meta: TaskMeta::named("web".to_owned(), AllocId::new("alloc-1")),
        config: Value::object([("image", Value::from("localhost/busybox"))]),
        env: [("A", "1")].into_iter().collect(),
        resources: Resources::default(),
        mounts: vec![],
        devices: vec![],
        user: None,
        dirs: TaskDirs {
            alloc: PathBuf::from("/nowhere/alloc-1").into(),
            task_name: "web".to_owned(),
            stdout: PathBuf::from("/dev/null").into(),
            stderr: PathBuf::from("/dev/null").into(),
        },
        network: None,
        dns: None,
    }
}

/// A driver over `runtime`, wherever it is said to listen.
pub fn driver(runtime: MockRuntime) -> Driver {
    driver_with(runtime, NoCredentials)
}

/// As [`driver`], over any runtime.
pub fn driver_on(runtime: Arc<dyn ContainerRuntime>) -> Driver {
    Driver::new(Arc::new(Any(runtime)), Arc::new(SilentHost::default()), Arc::new(TestClock)).unwrap()
}

struct Any(Arc<dyn ContainerRuntime>);

impl RuntimeConnector for Any {
    fn connect(&self, _: Option<&Endpoint>) -> Result<Arc<dyn ContainerRuntime>, RuntimeError> {
        Ok(Arc::clone(&self.0))
    }
}

/// As [`driver`], with accounts.
pub fn driver_with(runtime: MockRuntime, credentials: impl Credentials + 'static) -> Driver {
    let connector = Arc::new(One(Arc::new(runtime)));
    Driver::with_credentials(
        connector,
        Arc::new(SilentHost::default()),
        Arc::new(credentials),
        Arc::new(TestClock),
    )
    .unwrap()
}

/// A driver over `runtime` and what it tells its host.
pub fn driver_heard(runtime: impl ContainerRuntime + 'static) -> (Driver, Arc<Heard>) {
    let heard = Arc::new(Heard::default());
    let host: Arc<dyn NomadHost> = heard.clone();
    let driver = Driver::new(Arc::new(One(Arc::new(runtime))), host, Arc::new(TestClock)).unwrap();
    (driver, heard)
}

/// A driver over runtimes by the path of their sockets.
pub fn driver_of(runtimes: BTreeMap<String, MockRuntime>) -> Driver {
    let runtimes = runtimes.into_iter().map(|(path, runtime)| (path, Arc::new(runtime))).collect();
    Driver::new(Arc::new(ByPath(runtimes)), Arc::new(SilentHost::default()), Arc::new(TestClock)).unwrap()
}

struct One(Arc<dyn ContainerRuntime>);

impl RuntimeConnector for One {
    fn connect(&self, _: Option<&Endpoint>) -> Result<Arc<dyn ContainerRuntime>, RuntimeError> {
        Ok(Arc::clone(&self.0))
    }
}

struct ByPath(BTreeMap<String, Arc<MockRuntime>>);

impl RuntimeConnector for ByPath {
    fn connect(&self, endpoint: Option<&Endpoint>) -> Result<Arc<dyn ContainerRuntime>, RuntimeError> {
        let path = endpoint.map(|endpoint| endpoint.socket.to_string_lossy().into_owned());
        // Before its configuration the driver has a default socket that nobody uses.
        let nobody = || Arc::new(MockRuntime::new());
        let runtime = path.and_then(|path| self.0.get(&path).cloned()).unwrap_or_else(nobody);
        Ok(runtime as Arc<dyn ContainerRuntime>)
    }
}

/// A host that keeps what it is told.
#[derive(Default)]
pub struct Heard(std::sync::Mutex<Vec<TaskEvent>>);

impl Heard {
    /// All messages so far.
    pub fn messages(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|event| event.message.clone()).collect()
    }

    /// Everything that was told, as text.
    pub fn everything(&self) -> String {
        format!("{:?}", self.0.lock().unwrap())
    }
}

#[async_trait]
impl NomadHost for Heard {
    fn emit(&self, event: TaskEvent) {
        self.0.lock().unwrap().push(event);
    }

    fn log_sink(&self, task: &PlacedTask, stream: Stream) -> Box<dyn LogSink> {
        SilentHost::default().log_sink(task, stream)
    }

    fn cores(&self) -> u32 {
        SilentHost::default().cores()
    }

    async fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        SilentHost::default().resolve(path).await
    }
}

/// As [`driver`], on a machine where something listens on Docker's socket.
pub fn driver_beside_docker(ours: MockRuntime, docker: MockRuntime) -> Driver {
    let runtimes = [(DOCKER.to_owned(), Arc::new(docker)), ("/run/podman.sock".to_owned(), Arc::new(ours))];
    let connector = Arc::new(ByPath(runtimes.into()));
    let driver = Driver::new(connector, Arc::new(SilentHost { docker: true }), Arc::new(TestClock)).unwrap();
    let endpoint = Endpoint { socket: "/run/podman.sock".into(), wire: Wire::Rest };
    let sockets = vec![Socket { name: "default".to_owned(), endpoint: Some(endpoint) }];
    driver.configure(PluginConfig { sockets, ..PluginConfig::default() }, None).unwrap();
    driver
}

const DOCKER: &str = "/var/run/docker.sock";

#[derive(Default)]
struct SilentHost {
    docker: bool,
}

#[async_trait]
impl NomadHost for SilentHost {
    fn emit(&self, _: TaskEvent) {}

    fn log_sink(&self, _: &PlacedTask, _: Stream) -> Box<dyn LogSink> {
        unreachable!("the tasks of these tests want no logs")
    }

    fn cores(&self) -> u32 {
        2
    }

    fn docker_socket(&self) -> Option<PathBuf> {
        self.docker.then(|| PathBuf::from(DOCKER))
    }

    async fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        tokio::fs::canonicalize(path).await
    }
}

/// Its wall clock stands still.
pub struct TestClock;

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(0)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn entropy(&self) -> u64 {
        7
    }
}

/// Labels of somebody else's container.
pub fn foreign() -> Texts {
    [("owner", "somebody")].into_iter().collect()
}
