//! The driver on the in-memory runtime, answer by answer as the model says.

use super::reference::{Answer, CODE, Command, Model, any_command};
use async_trait::async_trait;
use nomad_driver_podman::adapters::memory::{MemoryConnector, MemoryRuntime};
use nomad_driver_podman::domain::config::gc::Gc;
use nomad_driver_podman::domain::config::{PluginConfig, Value};
use nomad_driver_podman::domain::log::Stream;
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::domain::task::request::{Resources, TaskDirs, TaskMeta};
use nomad_driver_podman::domain::task::{
    AllocId, ExitOutcome, Handle, Phase, PlacedTask, TaskId, TaskRequest, TaskStatus,
};
use nomad_driver_podman::domain::time::Timestamp;
use nomad_driver_podman::driver::{Driver, DriverError};
use nomad_driver_podman::ports::clock::within;
use nomad_driver_podman::ports::{Clock, ContainerRuntime, LogSink, NomadHost, RuntimeConnector, TaskEvent};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Before SIGKILL, which nothing here does without.
const GRACE: Duration = Duration::from_secs(1);

/// The driver, and what the host and the world have.
struct Rig {
    executor: tokio::runtime::Runtime,
    podman: Arc<dyn ContainerRuntime>,
    connector: Arc<MemoryConnector>,
    clock: Arc<PausedClock>,
    driver: Driver,
    handles: BTreeMap<usize, Handle>,
}

impl Rig {
    fn new() -> Self {
        let executor =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let inside = executor.enter();
        let clock = Arc::new(PausedClock { begun: tokio::time::Instant::now(), draws: AtomicU64::new(1) });
        let connector =
            Arc::new(MemoryConnector::of(MemoryRuntime::new(Arc::clone(&clock) as _).without_host()));
        let podman = connector.connect(None).unwrap();
        let driver = driver(&connector, &clock);
        drop(inside);
        Self { executor, podman, connector, clock, driver, handles: BTreeMap::new() }
    }

    fn obey(&mut self, command: Command) -> Answer {
        let inside = self.executor.handle().clone();
        let _inside = inside.enter();
        if let Command::Restart = command {
            self.driver = driver(&self.connector, &self.clock);
            return Answer::Done;
        }
        let work = carry_out(&self.driver, &*self.podman, &self.clock, &self.handles, command);
        let (answer, handle) = self.executor.block_on(work);
        self.handles.extend(handle);
        answer
    }
}

/// The answer, and a handle for the host to keep.
async fn carry_out(
    driver: &Driver,
    podman: &dyn ContainerRuntime,
    clock: &PausedClock,
    handles: &BTreeMap<usize, Handle>,
    command: Command,
) -> (Answer, Option<(usize, Handle)>) {
    let answer = match command {
        Command::Start(task) => match driver.start_task(request(task)).await {
            Ok(started) => return (Answer::Done, Some((task, started.handle))),
            Err(_) => Answer::Refused,
        },
        Command::Stop(task) => done(driver.stop_task(&id(task), GRACE, None).await),
        Command::Destroy { task, force } => done(driver.destroy_task(&id(task), force).await),
        Command::Wait(task) => {
            let wait = within(clock, Duration::from_millis(1), driver.wait_task(&id(task))).await;
            wait.map_or(Answer::Running, |ended| ended.map_or(Answer::Refused, code))
        }
        Command::Signal(task) => done(driver.signal_task(&id(task), Signal::HUP).await),
        Command::Inspect(task) => match driver.inspect_task(&id(task)).await.map(|(_, status)| status) {
            Ok(TaskStatus { phase: Phase::Running, outcome: None, .. }) => Answer::Running,
            Ok(TaskStatus { phase: Phase::Exited, outcome: Some(outcome), .. }) => code(outcome),
            Ok(status) => panic!("{status:?}"),
            Err(_) => Answer::Refused,
        },
        Command::Recover(task) => {
            let forgotten = TaskRequest { config: Value::Null, ..request(task) };
            done(driver.recover_task(forgotten, &handles[&task]).await)
        }
        Command::End(task) => end(podman, &handles[&task].container).await,
        Command::Restart => unreachable!("the rig's part"),
        Command::Pass(seconds) => {
            clock.sleep(Duration::from_secs(seconds)).await;
            Answer::Done
        }
    };
    (answer, None)
}

/// The program ends by itself when it is told to; its owner, if there is one, has time to hear of it.
async fn end(podman: &dyn ContainerRuntime, container: &ContainerId) -> Answer {
    podman.signal(container, "USR1".parse().unwrap()).await.unwrap();
    podman.wait(container).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    Answer::Done
}

fn done<T>(result: Result<T, DriverError>) -> Answer {
    result.map_or(Answer::Refused, |_| Answer::Done)
}

fn code(outcome: ExitOutcome) -> Answer {
    match outcome {
        ExitOutcome::Known(exit) => Answer::Ended(exit.code),
        ExitOutcome::Unknown(reason) => panic!("{reason}"),
    }
}

fn driver(connector: &Arc<MemoryConnector>, clock: &Arc<PausedClock>) -> Driver {
    let driver = Driver::new(Arc::clone(connector) as _, Arc::new(Silent), Arc::clone(clock) as _).unwrap();
    // An ended task is told as it ended, not run once more; what nobody knows waits for its recovery.
    let gc = Gc { dangling: false, ..Gc::default() };
    let config = PluginConfig { recover_stopped: false, gc, ..PluginConfig::default() };
    driver.configure(config, None).unwrap();
    driver
}

fn id(task: usize) -> TaskId {
    TaskId::new(format!("alloc-{task}/web/0000000{task}"))
}

fn request(task: usize) -> TaskRequest {
    let script = format!("ignore HUP\nignore TERM\ntrap USR1 {{\n exit {CODE}\n}}\nforever");
    TaskRequest {
        id: id(task),
        meta: TaskMeta {
            node_id: "node".to_owned(),
            ..TaskMeta::named("web".to_owned(), AllocId::new(format!("alloc-{task}")))
        },
        config: Value::object([
            ("image", Value::from("docker.io/library/app:1")),
            ("command", Value::from("program")),
            ("args", Value::List(vec![Value::from(script)])),
            // With and without an address, which StartTask has to look for.
            ("network_mode", Value::from(if task.is_multiple_of(2) { "none" } else { "bridge" })),
        ]),
        env: [("A", "1")].into_iter().collect(),
        resources: Resources::default(),
        mounts: vec![],
        devices: vec![],
        user: None,
        dirs: TaskDirs {
            alloc: PathBuf::from("/nowhere").into(),
            task_name: "web".to_owned(),
            stdout: PathBuf::from("/dev/null").into(),
            stderr: PathBuf::from("/dev/null").into(),
        },
        network: None,
        dns: None,
    }
}

struct Silent;

#[async_trait]
impl NomadHost for Silent {
    fn emit(&self, _: TaskEvent) {}

    fn log_sink(&self, _: &PlacedTask, _: Stream) -> Box<dyn LogSink> {
        unreachable!("the tasks of these tests want no logs")
    }

    fn cores(&self) -> u32 {
        2
    }

    async fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }
}

struct PausedClock {
    begun: tokio::time::Instant,
    draws: AtomicU64,
}

#[async_trait]
impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(i64::try_from(self.begun.elapsed().as_nanos()).unwrap())
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn entropy(&self) -> u64 {
        self.draws.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn the_driver_answers_as_the_model_does(commands in prop::collection::vec(any_command(), 1..80)) {
        let (mut rig, mut model) = (Rig::new(), Model::default());
        for command in commands {
            if model.allows(&command) {
                let (before, expected) = (model.clone(), model.obey(&command));
                prop_assert_eq!(rig.obey(command.clone()), expected, "{:?} of {:?}", command, before);
            }
        }
    }
}
