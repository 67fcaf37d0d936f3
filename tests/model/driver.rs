//! The driver on the in-memory runtime against a model of a few lines: which ids are known, and what each answers.

use async_trait::async_trait;
use nomad_driver_podman::adapters::memory::{MemoryConnector, MemoryRuntime};
use nomad_driver_podman::domain::config::gc::Gc;
use nomad_driver_podman::domain::config::{PluginConfig, Value};
use nomad_driver_podman::domain::log::Stream;
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::task::request::{Resources, TaskDirs, TaskMeta};
use nomad_driver_podman::domain::task::{AllocId, ExitOutcome, Handle, Phase, TaskId, TaskRequest};
use nomad_driver_podman::domain::time::Timestamp;
use nomad_driver_podman::driver::Driver;
use nomad_driver_podman::ports::clock::within;
use nomad_driver_podman::ports::{Clock, LogSink, NomadHost, TaskEvent};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Tasks of the model: more would meet less often.
const TASKS: usize = 3;

/// When a task of the model ends by itself, and how.
const LIFE: Duration = Duration::from_secs(60);
const CODE: i32 = 3;

#[derive(Debug, Clone)]
enum Command {
    Start(usize),
    Stop(usize),
    Destroy(usize, bool),
    Wait(usize),
    Signal(usize),
    Inspect(usize),
    Recover(usize),
    /// The plugin is started anew; nobody is recovered yet.
    Restart,
    Pass(u64),
}

fn any_command() -> impl Strategy<Value = Command> {
    let task = || 0..TASKS;
    prop_oneof![
        3 => task().prop_map(Command::Start),
        2 => task().prop_map(Command::Stop),
        2 => (task(), any::<bool>()).prop_map(|(task, force)| Command::Destroy(task, force)),
        2 => task().prop_map(Command::Wait),
        1 => task().prop_map(Command::Signal),
        2 => task().prop_map(Command::Inspect),
        3 => task().prop_map(Command::Recover),
        1 => Just(Command::Restart),
        2 => (1u64..50).prop_map(Command::Pass),
    ]
}

/// What the model knows of a task.
#[derive(Debug, Clone)]
struct Model {
    handle: Handle,
    /// When it ends by itself, in the time of the clock.
    ends: Duration,
    /// How it ended, if by our doing.
    stopped: bool,
    /// The plugin that lives knows it.
    known: bool,
}

impl Model {
    fn code(&self, now: Duration) -> Option<i32> {
        if self.stopped { Some(137) } else { (now >= self.ends).then_some(CODE) }
    }
}

struct Rig {
    connector: Arc<MemoryConnector>,
    clock: Arc<PausedClock>,
    driver: Driver,
    model: BTreeMap<usize, Model>,
}

impl Rig {
    fn new() -> Self {
        let clock = Arc::new(PausedClock { begun: tokio::time::Instant::now(), draws: AtomicU64::new(1) });
        let connector =
            Arc::new(MemoryConnector::of(MemoryRuntime::new(Arc::clone(&clock) as _).without_host()));
        let driver = driver(&connector, &clock);
        Self { connector, clock, driver, model: BTreeMap::new() }
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Start(task) => self.start(task).await,
            Command::Stop(task) => self.stop(task).await,
            Command::Destroy(task, force) => self.destroy(task, force).await,
            Command::Wait(task) => self.wait(task).await,
            Command::Signal(task) => {
                let answer = self.driver.signal_task(&id(task), Signal::HUP).await;
                assert_eq!(
                    answer.is_ok(),
                    self.known(task).is_some_and(|model| model.code(self.now()).is_none())
                );
            }
            Command::Inspect(task) => self.inspect(task),
            Command::Recover(task) => self.recover(task).await,
            Command::Restart => {
                self.driver = driver(&self.connector, &self.clock);
                self.model.values_mut().for_each(|model| model.known = false);
            }
            // Beside the full second, so that nothing is due at the moment in which it is looked at.
            Command::Pass(seconds) => self.clock.sleep(Duration::from_millis(seconds * 1000 + 7)).await,
        }
    }

    fn now(&self) -> Duration {
        self.clock.begun.elapsed()
    }

    fn known(&self, task: usize) -> Option<&Model> {
        self.model.get(&task).filter(|model| model.known)
    }

    async fn start(&mut self, task: usize) {
        let was_known = self.known(task).is_some();
        let started = self.driver.start_task(request(task)).await;
        assert_eq!(started.is_ok(), !was_known, "{:?}", started.err());
        if let Ok(started) = started {
            // One that an earlier plugin left is settled first.
            let ends = self.now() + LIFE;
            self.model.insert(task, Model { handle: started.handle, ends, stopped: false, known: true });
        }
    }

    async fn stop(&mut self, task: usize) {
        let answer = self.driver.stop_task(&id(task), Duration::from_secs(1), None).await;
        assert_eq!(answer.is_ok(), self.known(task).is_some());
        let now = self.now();
        if let Some(model) = self.model.get_mut(&task).filter(|model| model.known) {
            model.stopped = model.stopped || now < model.ends;
        }
    }

    async fn destroy(&mut self, task: usize, force: bool) {
        let (now, model) = (self.now(), self.model.get(&task));
        let allowed = match model {
            Some(model) if model.known => force || model.code(now).is_some(),
            // What an earlier plugin left is found by its labels.
            Some(_) => true,
            None => false,
        };
        let answer = self.driver.destroy_task(&id(task), force).await;
        assert_eq!(answer.is_ok(), allowed, "{answer:?} {:?}", self.model.get(&task));
        if allowed {
            self.model.remove(&task);
        }
    }

    async fn wait(&self, task: usize) {
        let wait = within(&*self.clock, Duration::from_millis(1), self.driver.wait_task(&id(task))).await;
        match (wait, self.known(task).map(|model| model.code(self.now()))) {
            (Ok(Err(_)), None) | (Err(_), Some(None)) => {}
            (Ok(Ok(ExitOutcome::Known(exit))), Some(Some(code))) => assert_eq!(exit.code, code),
            (seen, expected) => panic!("{seen:?}, expected {expected:?}"),
        }
    }

    fn inspect(&self, task: usize) {
        let seen = self.driver.inspect_task(&id(task)).ok().map(|(_, status)| status.phase);
        let expected = self.known(task).map(|model| match model.code(self.now()) {
            Some(_) => Phase::Exited,
            None => Phase::Running,
        });
        assert_eq!(seen, expected);
    }

    async fn recover(&mut self, task: usize) {
        let Some(model) = self.model.get_mut(&task) else { return };
        let forgotten = TaskRequest { config: Value::Null, ..request(task) };
        self.driver.recover_task(forgotten, &model.handle).await.unwrap();
        model.known = true;
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
    let script = format!("ignore HUP\nignore TERM\nsleep {}s\nexit {CODE}", LIFE.as_secs());
    TaskRequest {
        id: id(task),
        meta: TaskMeta {
            task_name: "web".to_owned(),
            alloc_id: AllocId::new(format!("alloc-{task}")),
            group_name: String::new(),
            job_name: String::new(),
            job_id: String::new(),
            namespace: String::new(),
            node_name: String::new(),
            node_id: "node".to_owned(),
        },
        config: Value::object([
            ("image", Value::from("docker.io/library/app:1")),
            ("command", Value::from("program")),
            ("args", Value::List(vec![Value::from(script)])),
        ]),
        env: [("A", "1")].into_iter().collect(),
        resources: Resources::default(),
        mounts: vec![],
        devices: vec![],
        user: None,
        dirs: TaskDirs {
            alloc: PathBuf::from("/nowhere"),
            task_name: "web".to_owned(),
            stdout: PathBuf::from("/dev/null"),
            stderr: PathBuf::from("/dev/null"),
        },
        network: None,
        dns: None,
    }
}

struct Silent;

#[async_trait]
impl NomadHost for Silent {
    fn emit(&self, _: TaskEvent) {}

    fn log_sink(&self, _: &TaskRequest, _: Stream) -> Box<dyn LogSink> {
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
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_driver_answers_as_the_model_does(commands in prop::collection::vec(any_command(), 1..60)) {
        let executor = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        executor.block_on(async {
            let mut rig = Rig::new();
            for command in commands {
                rig.obey(command).await;
            }
        });
    }
}
