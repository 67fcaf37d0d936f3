//! What of a task's output cannot be delivered is counted and told.

use super::double::*;
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use nomad_driver_podman::adapters::memory::MemoryRuntime;
use nomad_driver_podman::domain::config::Value;
use nomad_driver_podman::domain::container::ContainerState;
use nomad_driver_podman::domain::limits::{LOG_DRAIN_TIMEOUT, LOG_OPEN_TIMEOUT};
use nomad_driver_podman::domain::log::{LogBatch, LogStart, Stream};
use nomad_driver_podman::domain::task::{PlacedTask, TaskRequest};
use nomad_driver_podman::domain::time::Timestamp;
use nomad_driver_podman::driver::Driver;
use nomad_driver_podman::ports::{
    Clock, ContainerRuntime, ErrorKind, LogSink, NomadHost, RuntimeConnector, RuntimeError, TaskEvent,
};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// A host whose collector takes so many bytes and then no more.
struct Host {
    heard: Heard,
    room: usize,
    taken: Arc<Mutex<Vec<u8>>>,
    ways: Arc<Mutex<Vec<Way>>>,
}

struct Collector {
    room: usize,
    taken: Arc<Mutex<Vec<u8>>>,
    /// The ways on which bytes have come, one after the other.
    ways: Arc<Mutex<Vec<Way>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    First,
    Usual,
}

tokio::task_local! {
    static WAY: Way;
}

#[async_trait]
impl LogSink for Collector {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.room - self.taken.lock().unwrap().len());
        if count == 0 && !bytes.is_empty() {
            std::future::pending::<()>().await;
        }
        self.taken.lock().unwrap().extend_from_slice(&bytes[..count]);
        let way = WAY.try_with(|way| *way).unwrap_or(Way::Usual);
        let mut ways = self.ways.lock().unwrap();
        if count > 0 && ways.last() != Some(&way) {
            ways.push(way);
        }
        Ok(count)
    }
}

#[async_trait]
impl NomadHost for Host {
    fn emit(&self, event: TaskEvent) {
        self.heard.emit(event);
    }

    fn log_sink(&self, _: &PlacedTask, _: Stream) -> Box<dyn LogSink> {
        let (taken, ways) = (Arc::clone(&self.taken), Arc::clone(&self.ways));
        Box::new(Collector { room: self.room, taken, ways })
    }

    fn promptly(&self, work: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
        Box::pin(WAY.scope(Way::First, work))
    }

    fn cores(&self) -> u32 {
        2
    }

    async fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }
}

/// A clock that runs with tokio's.
struct Running(Instant);

#[async_trait]
impl Clock for Running {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(i64::try_from(self.0.elapsed().as_nanos()).unwrap())
    }

    async fn sleep(&self, duration: Duration) {
        TestClock.sleep(duration).await;
    }

    fn entropy(&self) -> u64 {
        TestClock.entropy()
    }
}

struct Only(Arc<dyn ContainerRuntime>);

impl RuntimeConnector for Only {
    fn connect(
        &self,
        _: Option<&nomad_driver_podman::domain::config::plugin::Endpoint>,
    ) -> Result<Arc<dyn ContainerRuntime>, RuntimeError> {
        Ok(Arc::clone(&self.0))
    }
}

fn driver_with_room(runtime: impl ContainerRuntime + 'static, room: usize) -> (Driver, Arc<Host>) {
    let host = Arc::new(Host { heard: Heard::default(), room, taken: Arc::default(), ways: Arc::default() });
    let on: Arc<dyn NomadHost> = host.clone();
    (Driver::new(Arc::new(Only(Arc::new(runtime))), on, Arc::new(Running(Instant::now()))).unwrap(), host)
}

/// A task with a collector.
fn collected() -> TaskRequest {
    let mut task = task();
    (task.dirs.stdout, task.dirs.stderr) =
        (Path::new("/nowhere/stdout").into(), Path::new("/nowhere/stderr").into());
    task
}

fn dropped(host: &Host) -> Vec<String> {
    host.heard.messages().into_iter().filter(|message| message.starts_with("Dropped")).collect()
}

/// What a collector with room for so much has had of a task that runs `program` by the time that its end is told, and
/// how long that took.
async fn collector_of(program: &str, room: usize) -> (Arc<Host>, Duration) {
    let dir = tempfile::tempdir().unwrap();
    for below in ["alloc", "web/local", "web/secrets"] {
        std::fs::create_dir_all(dir.path().join(below)).unwrap();
    }
    let runtime = MemoryRuntime::new(Arc::new(TestClock)).with_image("localhost/busybox");
    let (driver, host) = driver_with_room(runtime, room);
    let config = [
        ("image", "localhost/busybox".into()),
        ("command", "program".into()),
        ("args", vec![program].into()),
    ];
    let mut task = TaskRequest { config: Value::object(config), ..collected() };
    task.dirs.alloc = dir.path().into();
    driver.start_task(task.clone()).await.unwrap();
    let before = Instant::now();
    driver.wait_task(&task.id).await.unwrap();
    (host, before.elapsed())
}

/// What is told of a task that says "hello".
async fn told_with_room_for(room: usize) -> Vec<String> {
    let (host, took) = collector_of("out hello", room).await;
    assert!(took <= LOG_DRAIN_TIMEOUT + LOG_OPEN_TIMEOUT, "{took:?}");
    assert_eq!(host.taken.lock().unwrap().as_slice(), &b"hello"[..room.min(5)]);
    dropped(&host)
}

#[tokio::test(start_paused = true)]
async fn lines_of_a_quiet_task_go_first_and_a_flood_does_not() {
    let ways = async |program: &str| collector_of(program, 1 << 20).await.0.ways.lock().unwrap().clone();
    assert_eq!(ways("out one\nsleep 10s\nout two").await, [Way::First]);
    let flood = "out one\nsleep 1s\nfill out 500000\nsleep 0.1s\nout still\nsleep 10s\nout calm";
    assert_eq!(ways(flood).await, [Way::First, Way::Usual, Way::First]);
    let lines = |pause: &str| format!("out {}\nsleep {pause}\n", "line".repeat(250)).repeat(40);
    assert_eq!(ways(&lines("0.1s")).await, [Way::First]);
    assert_eq!(
        ways(&lines("0.005s")).await,
        [Way::First, Way::Usual],
        "lines that come one by one and never stop"
    );
}

#[tokio::test(start_paused = true)]
async fn a_flood_that_nobody_takes_is_given_up_at_the_end() {
    let (host, _) = collector_of("fill out 500000", 100_000).await;
    assert_eq!(host.taken.lock().unwrap().len(), 100_000);
    assert_eq!(dropped(&host).len(), 1);
    assert!(dropped(&host)[0].contains("400000 bytes"), "{:?}", dropped(&host));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_log_that_nobody_took_is_told_with_its_size() {
    let told = |left: u64| {
        format!(
            "Dropped the end of the task's log ({left} bytes): its collector had not taken it 5.0 s after the task's end"
        )
    };
    assert_eq!(told_with_room_for(0).await, [told(5)]);
    assert_eq!(told_with_room_for(3).await, [told(2)]);
    assert_eq!(told_with_room_for(100).await, [""; 0]);
}

fn says(text: &str) -> LogBatch {
    let mut batch = LogBatch::default();
    batch.push(Stream::Stdout, text.as_bytes());
    batch.cursor.offset = text.len() as u64;
    batch
}

#[tokio::test(start_paused = true)]
async fn a_log_that_cannot_be_read_any_more_is_told_and_one_that_never_could_is_not() {
    for (read, told) in [(true, 1), (false, 0)] {
        let mut runtime = starting();
        runtime.expect_wait().returning(|_| Ok(ended(0)));
        runtime.expect_logs().returning(move |_| match read {
            true => Ok(vec![Ok(says("one")), Err(error(ErrorKind::Unsupported))]),
            false => Err(error(ErrorKind::Unsupported)),
        });
        let (driver, host) = driver_with_room(runtime, 100);
        driver.start_task(collected()).await.unwrap();
        driver.wait_task(&collected().id).await.unwrap();
        assert_eq!(dropped(&host).len(), told, "{:?}", dropped(&host));
        assert!(dropped(&host).iter().all(|told| told.contains("size unknown")));
    }
}

#[tokio::test(start_paused = true)]
async fn output_that_comes_with_the_first_word_of_a_recovered_log_is_delivered() {
    let mut runtime = runtime();
    runtime.expect_inspect().returning(|_| Ok(facts(ContainerState::Running)));
    runtime.expect_wait().returning(|_| Ok(ended(0)));
    runtime.expect_logs().returning(|start| match start {
        LogStart::Now => Ok(vec![Ok(says("one "))]),
        _ => Ok(vec![]),
    });
    let (driver, host) = driver_with_room(runtime, 100);
    driver.recover_task(TaskRequest { config: Value::Null, ..collected() }, &handle()).await.unwrap();
    driver.wait_task(&collected().id).await.unwrap();
    assert_eq!(host.taken.lock().unwrap().as_slice(), b"one ");
}
