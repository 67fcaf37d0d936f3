//! A runtime that answers what the bytes say, behind the driver: it ends every call, touches nothing of others, makes
//! no exit up and shows no secret.

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use nomad_driver_podman::domain::config::Value;
use nomad_driver_podman::domain::config::plugin::Endpoint;
use nomad_driver_podman::domain::container::{
    ContainerFacts, ContainerSpec, ContainerState, ExecSpec, labels,
};
use nomad_driver_podman::domain::fingerprint::RuntimeFacts;
use nomad_driver_podman::domain::image::PullRequest;
use nomad_driver_podman::domain::log::{LogBatch, LogStart, Stream};
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::stats::StatsSample;
use nomad_driver_podman::domain::task::identity::{ContainerId, ContainerName};
use nomad_driver_podman::domain::task::request::{Resources, TaskDirs, TaskMeta};
use nomad_driver_podman::domain::task::{
    AllocId, ExitOutcome, Handle, Origin, PlacedTask, TaskId, TaskRequest,
};
use nomad_driver_podman::driver::{Driver, DriverError};
use nomad_driver_podman::ports::clock::within;
use nomad_driver_podman::ports::runtime::{Change, Created, PullProgress};
use nomad_driver_podman::ports::{
    Clock, ContainerRuntime, ErrorKind, ExecSession, LogSink, NomadHost, RuntimeConnector, RuntimeError,
    TaskEvent,
};
use nomad_driver_podman::simulation::clock::VirtualClock;
use nomad_driver_podman::simulation::rng::Rng;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const SECRET: &str = "canary-5f1c";
const OURS: &str = "c0ffee";
const FOREIGN: &str = "f0re19";

/// Long enough for every call that is bounded.
const LONG: Duration = Duration::from_secs(24 * 3600);

const KINDS: [ErrorKind; 12] = [
    ErrorKind::NotFound,
    ErrorKind::ImageMissing,
    ErrorKind::NameInUse,
    ErrorKind::WrongState,
    ErrorKind::Unavailable,
    ErrorKind::OutcomeUnknown,
    ErrorKind::TimedOut,
    ErrorKind::RegistryUnavailable,
    ErrorKind::Rejected,
    ErrorKind::Unsupported,
    ErrorKind::Malformed,
    ErrorKind::Internal,
];

const STATES: [ContainerState; 7] = [
    ContainerState::Created,
    ContainerState::Running,
    ContainerState::Paused,
    ContainerState::Stopping,
    ContainerState::Exited,
    ContainerState::Removing,
    ContainerState::Unknown,
];

type Answer<T> = Result<T, RuntimeError>;

/// See the module.
struct Scripted(Mutex<Script>);

#[derive(Default)]
struct Script {
    bytes: Vec<u8>,
    /// Exit codes that were told.
    codes: Vec<i32>,
}

impl Scripted {
    fn with<T>(&self, work: impl FnOnce(&mut Script) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The next byte below `end`; 0 once there are no more.
    fn below(&self, end: usize) -> usize {
        usize::from(self.with(|script| script.bytes.pop()).unwrap_or(0)) % end
    }

    /// An error for every even byte, and for ever when there are no more: the container is not there.
    fn answer<T>(&self, value: impl FnOnce(&Self) -> T) -> Answer<T> {
        match self.below(2) {
            0 => Err(RuntimeError::new("call", "object", KINDS[self.below(KINDS.len())], "as the bytes say")),
            _ => Ok(value(self)),
        }
    }

    fn facts(&self) -> ContainerFacts {
        let is_foreign = self.below(4) == 1;
        let code = (self.below(2) == 1).then(|| self.below(256) as i32 - 20);
        self.with(|script| script.codes.extend(code));
        let ours = labels::of_task(&task());
        ContainerFacts {
            id: ContainerId::new(if is_foreign { FOREIGN } else { OURS }),
            name: ContainerName::new("web-alloc-1"),
            state: STATES[self.below(STATES.len())],
            pid: None,
            started_at: None,
            finished_at: None,
            exit_code: code,
            oom_killed: self.below(2) == 1,
            memory_at_end: None,
            labels: if is_foreign { [("owner", SECRET)].into_iter().collect() } else { ours },
            image: None,
            binds: vec![],
            ip: None,
            stop_signal: None,
        }
    }
}

#[async_trait]
impl ContainerRuntime for Scripted {
    async fn probe(&self) -> Answer<RuntimeFacts> {
        Ok(RuntimeFacts { version: "4.3.1".to_owned(), cgroup_version: 2, ..RuntimeFacts::default() })
    }

    async fn pull(&self, request: &PullRequest, _: PullProgress<'_>) -> Answer<String> {
        hides(request);
        self.answer(|_| "id".to_owned())
    }

    async fn image_id(&self, _: &str) -> Answer<Option<String>> {
        self.answer(|_| None)
    }

    async fn remove_image(&self, _: &str) -> Answer<Change> {
        self.answer(|_| Change::Changed)
    }

    async fn create(&self, spec: &ContainerSpec) -> Answer<Created> {
        hides(spec);
        self.answer(|_| Created { id: ContainerId::new(OURS), warnings: vec![] })
    }

    async fn start(&self, _: &ContainerId) -> Answer<Change> {
        self.answer(|_| Change::Changed)
    }

    async fn inspect(&self, _: &str) -> Answer<ContainerFacts> {
        self.answer(Self::facts)
    }

    async fn wait(&self, _: &ContainerId) -> Answer<ContainerFacts> {
        self.answer(Self::facts)
    }

    async fn signal(&self, id: &ContainerId, _: Signal) -> Answer<()> {
        assert_ne!(id.as_str(), FOREIGN, "somebody else's container was signalled");
        self.answer(|_| ())
    }

    async fn remove(&self, id: &ContainerId) -> Answer<Change> {
        assert_ne!(id.as_str(), FOREIGN, "somebody else's container was removed");
        self.answer(|_| Change::Changed)
    }

    async fn list(&self) -> Answer<Vec<ContainerFacts>> {
        self.answer(|script| (0..script.below(4)).map(|_| script.facts()).collect())
    }

    async fn stats(&self, _: &ContainerId) -> Answer<StatsSample> {
        Err(RuntimeError::new("stats", OURS, ErrorKind::Unsupported, "not here"))
    }

    async fn logs(&self, _: &ContainerId, _: LogStart) -> Answer<BoxStream<'static, Answer<LogBatch>>> {
        self.answer(|_| Box::pin(futures_util::stream::empty()) as _)
    }

    async fn unread(&self, _: &ContainerId, _: LogStart) -> Answer<u64> {
        self.answer(|_| u64::MAX)
    }

    async fn last_words(&self, _: &ContainerId) -> Answer<Vec<u8>> {
        self.answer(|_| vec![0xff])
    }

    async fn exec(&self, _: &ContainerId, _: &ExecSpec) -> Answer<ExecSession> {
        Err(RuntimeError::new("exec", OURS, ErrorKind::Unsupported, "not here"))
    }
}

struct One(Arc<Scripted>);

impl RuntimeConnector for One {
    fn connect(&self, _: Option<&Endpoint>) -> Answer<Arc<dyn ContainerRuntime>> {
        Ok(Arc::clone(&self.0) as _)
    }
}

struct Host;

#[async_trait]
impl NomadHost for Host {
    fn emit(&self, event: TaskEvent) {
        hides(&event);
    }

    fn log_sink(&self, _: &PlacedTask, _: Stream) -> Box<dyn LogSink> {
        unreachable!("the task wants no logs")
    }

    fn cores(&self) -> u32 {
        2
    }

    async fn resolve(&self, path: &Path) -> std::io::Result<PathBuf> {
        Ok(path.to_owned())
    }
}

fn hides(value: &impl Debug) {
    let shown = format!("{value:?}");
    assert!(!shown.contains(SECRET), "{shown}");
}

fn task() -> TaskRequest {
    let auth = Value::object([("username", Value::from("u")), ("password", Value::from(SECRET))]);
    let null = PathBuf::from("/dev/null");
    TaskRequest {
        id: TaskId::new("alloc-1/web/00000001"),
        meta: TaskMeta {
            task_name: "web".to_owned(),
            alloc_id: AllocId::new("alloc-1"),
            group_name: String::new(),
            job_name: String::new(),
            job_id: String::new(),
            namespace: String::new(),
            node_name: String::new(),
            node_id: "node".to_owned(),
        },
        config: Value::object([("image", Value::from("localhost/busybox")), ("auth", auth)]),
        env: [("TOKEN", SECRET)].into_iter().collect(),
        resources: Resources::default(),
        mounts: vec![],
        devices: vec![],
        user: None,
        dirs: TaskDirs {
            alloc: PathBuf::from("/nowhere").into(),
            task_name: "web".to_owned(),
            stdout: null.as_path().into(),
            stderr: null.into(),
        },
        network: None,
        dns: None,
    }
}

async fn ends<T: Debug>(
    clock: &dyn Clock,
    what: &str,
    call: impl Future<Output = Result<T, DriverError>>,
) -> Option<T> {
    let answer = within(clock, LONG, call).await;
    let answer = answer.unwrap_or_else(|_| panic!("{what} does not end"));
    hides(&answer);
    answer.ok()
}

async fn live(clock: &dyn Clock, driver: &Driver, runtime: &Scripted) {
    let id = task().id;
    if runtime.below(2) == 1 {
        ends(clock, "StartTask", driver.start_task(task())).await;
    } else {
        let container = ContainerId::new(if runtime.below(3) == 1 { FOREIGN } else { OURS });
        let name = ContainerName::new("web-alloc-1");
        let socket = "default".to_owned();
        let handle = Handle { socket, container, name, started_at: None, origin: Origin::Ours };
        let forgotten = TaskRequest { config: Value::Null, ..task() };
        ends(clock, "RecoverTask", driver.recover_task(forgotten, &handle)).await;
    }
    ends(clock, "SignalTask", driver.signal_task(&id, Signal::HUP)).await;
    if ends(clock, "StopTask", driver.stop_task(&id, Duration::from_secs(1), None)).await.is_some() {
        let outcome = ends(clock, "WaitTask", driver.wait_task(&id)).await;
        if let Some(ExitOutcome::Known(exit)) = outcome {
            let was_told = runtime.with(|script| script.codes.contains(&exit.code));
            assert!(was_told, "exit {} was made up", exit.code);
        }
    }
    ends(clock, "DestroyTask", driver.destroy_task(&id, true)).await;
    hides(&driver.fingerprint().await.description);
}

/// See the module.
pub fn driver(bytes: &[u8]) {
    let clock = Arc::new(VirtualClock::new(Rng::new(7)));
    let ticking = Arc::clone(&clock);
    let executor =
        tokio::runtime::Builder::new_current_thread().on_thread_park(move || ticking.advance()).build();
    let Ok(executor) = executor else { return };
    executor.block_on(async {
        let bytes = bytes.iter().rev().copied().collect();
        let runtime = Arc::new(Scripted(Mutex::new(Script { bytes, codes: vec![] })));
        let connector = Arc::new(One(Arc::clone(&runtime)));
        let Ok(driver) = Driver::new(connector, Arc::new(Host), Arc::clone(&clock) as _) else { return };
        live(&*clock, &driver, &runtime).await;
        live(&*clock, &driver, &runtime).await;
    });
}
