//! The doors beside the port, and what the port's contract does not promise. The contract itself is
//! `tests/contract`.

use super::*;
use crate::domain::config::grammar::port::Protocol;
use crate::domain::container::spec::{Limits, Network, PublishedPort};
use crate::domain::container::{ContainerSpec, ContainerState, ExecSpec};
use crate::domain::image::{ImageRef, PullRequest};
use crate::domain::log::{LogChunk, LogStart, Stream};
use crate::domain::signal::Signal;
use crate::domain::task::identity::{ContainerId, ContainerName};
use crate::domain::time::Timestamp;
use crate::ports::clock::within;
use crate::ports::runtime::Change;
use crate::ports::{Clock, ContainerRuntime, ErrorKind, ExecEvent};
use async_trait::async_trait;
use futures_util::StreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const IMAGE: &str = "localhost/box";

/// Virtual time of a paused tokio runtime, counting who sleeps.
#[derive(Debug)]
struct TestClock {
    begin: tokio::time::Instant,
    entropy: AtomicU64,
    sleeps: AtomicU64,
}

impl TestClock {
    fn new() -> Arc<Self> {
        let begin = tokio::time::Instant::now();
        Arc::new(Self { begin, entropy: AtomicU64::new(0), sleeps: AtomicU64::new(0) })
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let nanos = i64::try_from(self.begin.elapsed().as_nanos()).unwrap();
        Timestamp::from_unix_nanos(1_000_000_000_000_000_000 + nanos)
    }

    async fn sleep(&self, duration: Duration) {
        self.sleeps.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(duration).await;
    }

    fn entropy(&self) -> u64 {
        self.entropy.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
    }
}

/// A container that runs `script` in [`IMAGE`].
pub(super) fn spec(name: &str, script: &str) -> ContainerSpec {
    ContainerSpec {
        command: vec![program::PROGRAM.to_owned(), script.to_owned()],
        network: Network::None,
        ..ContainerSpec::new(ContainerName::new(name), ImageRef::parse(IMAGE).unwrap())
    }
}

fn runtime() -> MemoryRuntime {
    MemoryRuntime::new(TestClock::new()).with_image(IMAGE)
}

async fn started(runtime: &MemoryRuntime, spec: &ContainerSpec) -> ContainerId {
    let id = runtime.create(spec).await.unwrap().id;
    assert_eq!(runtime.start(&id).await, Ok(Change::Changed));
    id
}

async fn output(runtime: &MemoryRuntime, id: &ContainerId) -> String {
    let batches: Vec<_> = runtime.logs(id, LogStart::Beginning).await.unwrap().collect().await;
    let bytes = batches.into_iter().flat_map(|batch| batch.unwrap().chunks).flat_map(|chunk| chunk.bytes);
    String::from_utf8(bytes.collect()).unwrap()
}

/// Runs `script` to its end: exit code and output.
async fn ran(script: &str) -> (Option<i32>, String) {
    let runtime = runtime();
    let id = started(&runtime, &spec("ran", script)).await;
    let facts = runtime.wait(&id).await.unwrap();
    (facts.exit_code, output(&runtime, &id).await)
}

#[tokio::test(start_paused = true)]
async fn idle_containers_set_no_timer_and_take_little_memory() {
    let clock = TestClock::new();
    let runtime = MemoryRuntime::new(Arc::<TestClock>::clone(&clock)).with_image(IMAGE);
    const COUNT: usize = 5_000;
    let before = resident_bytes();
    for n in 0..COUNT {
        started(&runtime, &spec(&format!("c{n}"), "out up\\n\nforever")).await;
    }
    tokio::task::yield_now().await;
    let each = resident_bytes().saturating_sub(before) / COUNT;
    // Under 16 KiB alone; the rest is for what other tests of this process take meanwhile, frames of 32 MiB among them.
    assert!(each < 48 * 1024, "{each} bytes per container");
    assert_eq!(clock.sleeps.load(Ordering::Relaxed), 0);
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[tokio::test(start_paused = true)]
async fn a_handler_does_not_prolong_the_sleep_that_it_interrupts() {
    let clock = TestClock::new();
    let runtime = MemoryRuntime::new(Arc::<TestClock>::clone(&clock)).with_image(IMAGE);
    let script = "trap USR1 {\nsleep 3s\nout usr1\\n\n}\nsleep 10s\nout slept\\n";
    let id = started(&runtime, &spec("sleeper", script)).await;
    clock.sleep(Duration::from_secs(1)).await;
    runtime.signal(&id, "USR1".parse().unwrap()).await.unwrap();
    let facts = runtime.wait(&id).await.unwrap();
    let ran = facts.finished_at.unwrap().since(facts.started_at.unwrap());
    assert_eq!(ran.as_secs(), 10);
    assert_eq!(output(&runtime, &id).await, "usr1\nslept\n");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_process_goes_on_with_sigcont() {
    let clock = TestClock::new();
    let runtime = MemoryRuntime::new(Arc::<TestClock>::clone(&clock)).with_image(IMAGE);
    let id = started(&runtime, &spec("stopped", "sleep 2s\nexit 3")).await;
    clock.sleep(Duration::from_secs(1)).await;
    runtime.signal(&id, "STOP".parse().unwrap()).await.unwrap();
    assert!(within(&*clock, Duration::from_secs(60), runtime.wait(&id)).await.is_err());
    runtime.signal(&id, "CONT".parse().unwrap()).await.unwrap();
    assert_eq!(runtime.wait(&id).await.unwrap().exit_code, Some(3));
}

#[tokio::test(start_paused = true)]
async fn children_die_with_the_first_process() {
    let (code, output) = ran("fork {\nsleep 2s\nout late\\n\n}\nsleep 1s\nout end\\n\nexit 5").await;
    assert_eq!((code, output.as_str()), (Some(5), "end\n"));
}

#[tokio::test(start_paused = true)]
async fn below_an_init_signals_have_their_default_action() {
    let runtime = runtime();
    let id = started(&runtime, &ContainerSpec { init: true, ..spec("init", "forever") }).await;
    runtime.signal(&id, Signal::TERM).await.unwrap();
    assert_eq!(runtime.wait(&id).await.unwrap().exit_code, Some(143));
}

#[tokio::test(start_paused = true)]
async fn a_crash_breaks_calls_and_sessions_but_no_container() {
    let runtime = Arc::new(runtime());
    let id = started(&runtime, &spec("crash", "sleep 5s\nexit 4")).await;
    let exec = ExecSpec { command: vec!["cat".to_owned()], tty: false, stdin: true };
    let mut session = runtime.exec(&id, &exec).await.unwrap();
    runtime.crash();
    assert_eq!(runtime.probe().await.unwrap_err().kind, ErrorKind::Unavailable);
    assert_eq!(runtime.inspect(id.as_str()).await.unwrap_err().kind, ErrorKind::Unavailable);
    assert_eq!(runtime.remove(&id).await.unwrap_err().kind, ErrorKind::Unavailable);
    assert!(session.control.write(b"x").await.unwrap_err().is(ErrorKind::Unavailable));
    assert!(session.events.next().await.unwrap().unwrap_err().is(ErrorKind::Unavailable));
    assert!(session.events.next().await.is_none());

    let waiter = tokio::spawn({
        let (runtime, id) = (Arc::clone(&runtime), id.clone());
        async move { runtime.wait(&id).await }
    });
    runtime.clock.sleep(Duration::from_secs(60)).await;
    assert!(!waiter.is_finished());
    runtime.restart();
    let facts = waiter.await.unwrap().unwrap();
    assert_eq!(facts.exit_code, Some(4));
    assert_eq!(facts.finished_at.unwrap().since(facts.started_at.unwrap()).as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn the_oom_killer_leaves_its_mark() {
    let runtime = runtime();
    let limits = Limits { memory: Some(1 << 20), ..Limits::default() };
    let greedy = ContainerSpec { limits, ..spec("greedy", "allocate 1000000000\nexit 0") };
    let modest = spec("modest", "allocate 1000000000\nexit 0");
    let victim = spec("victim", "forever");
    for (spec, expected) in [(greedy, (137, true)), (modest, (0, false)), (victim, (137, true))] {
        let id = started(&runtime, &spec).await;
        if spec.name.as_str() == "victim" {
            runtime.kill_for_memory(&id).unwrap();
        }
        let facts = runtime.wait(&id).await.unwrap();
        assert_eq!((facts.exit_code.unwrap(), facts.oom_killed), expected, "{}", spec.name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pulled_image_runs_whatever_is_asked_for_until_it_is_told_to_stop() {
    let runtime = runtime();
    let image = ImageRef::parse("docker.io/library/redis:7").unwrap();
    let mut redis = ContainerSpec { image: image.clone(), command: vec![], ..spec("redis", "") };
    assert!(runtime.create(&redis).await.unwrap_err().is(ErrorKind::ImageMissing));
    let lines = std::sync::Mutex::new(Vec::new());
    let progress = |line: &str| lines.lock().unwrap().push(line.to_owned());
    let image_id = runtime.pull(&PullRequest::of(image.clone()), &progress).await.unwrap();
    assert_eq!(lines.lock().unwrap()[0], "Trying to pull docker.io/library/redis:7...");
    let again = PullRequest::of(image.clone());
    assert_eq!(runtime.pull(&again, &|_| panic!("there already")).await, Ok(image_id));

    for command in [vec![], vec!["redis-server".to_owned(), "--port".to_owned(), "1".to_owned()]] {
        redis.name = ContainerName::new(format!("redis-{}", command.len()));
        redis.command = command;
        let id = started(&runtime, &redis).await;
        runtime.clock.sleep(Duration::from_secs(3600)).await;
        runtime.signal(&id, Signal::TERM).await.unwrap();
        assert_eq!(runtime.wait(&id).await.unwrap().exit_code, Some(0));
        assert!(output(&runtime, &id).await.contains("simulated"));
    }
}

#[tokio::test(start_paused = true)]
async fn pulls_fail_as_configured_until_they_are_healed() {
    let runtime = runtime();
    let pull =
        async |name: &str| runtime.pull(&PullRequest::of(ImageRef::parse(name).unwrap()), &|_| {}).await;
    runtime.fail_pulls("secret", ErrorKind::Rejected, "requested access to the resource is denied");
    let error = pull("secret").await.unwrap_err();
    assert_eq!((error.kind, error.message.contains("denied")), (ErrorKind::Rejected, true));
    runtime.heal_pulls("secret");
    assert!(pull("secret").await.is_ok());
    assert!(pull("localhost/absent").await.unwrap_err().is(ErrorKind::RegistryUnavailable));
}

#[tokio::test(start_paused = true)]
async fn an_ended_container_starts_again_with_its_files_and_its_log() {
    let runtime = runtime();
    let script = "out run\\n\nread /seen\n";
    let id = started(&runtime, &spec("again", script)).await;
    assert_eq!(runtime.wait(&id).await.unwrap().exit_code, Some(1));
    runtime.containers.find("again").unwrap().world.files.write("/seen", b"yes\n").unwrap();
    assert_eq!(runtime.start(&id).await, Ok(Change::Changed));
    let facts = runtime.wait(&id).await.unwrap();
    assert_eq!((facts.exit_code, facts.state), (Some(0), ContainerState::Exited));
    assert!(output(&runtime, &id).await.ends_with("run\nyes\n"));
}

#[tokio::test(start_paused = true)]
async fn a_published_port_has_one_owner_while_it_runs() {
    let runtime = runtime();
    let port = |host_ip: &str| PublishedPort {
        host_ip: host_ip.to_owned(),
        host: 80,
        container: 8080,
        protocol: Protocol::Both,
    };
    let bridged = |name, host_ip| ContainerSpec {
        network: Network::Bridge,
        ports: vec![port(host_ip)],
        ..spec(name, "forever")
    };
    let first = started(&runtime, &bridged("first", "")).await;
    let second = runtime.create(&bridged("second", "127.0.0.1")).await.unwrap().id;
    let error = runtime.start(&second).await.unwrap_err();
    assert!(error.kind.is_transient() && error.message.contains("address already in use"), "{error}");
    runtime.remove(&first).await.unwrap();
    assert_eq!(runtime.start(&second).await, Ok(Change::Changed));
}

#[tokio::test(start_paused = true)]
async fn a_detached_session_runs_on() {
    let runtime = runtime();
    let id = started(&runtime, &spec("detach", "sleep 5s\nread /left")).await;
    let script = "fill out 1000000\nwrite /left here".to_owned();
    let exec = ExecSpec { command: vec!["program".to_owned(), script], tty: false, stdin: false };
    drop(runtime.exec(&id, &exec).await.unwrap());
    assert_eq!(runtime.wait(&id).await.unwrap().exit_code, Some(0));
    assert_eq!(output(&runtime, &id).await, "here");
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_with_its_container() {
    let runtime = runtime();
    let id = started(&runtime, &spec("ends", "sleep 5s")).await;
    let exec = ExecSpec { command: vec!["sleep".to_owned(), "60".to_owned()], tty: false, stdin: false };
    let mut session = runtime.exec(&id, &exec).await.unwrap();
    assert_eq!(session.events.next().await, Some(Ok(ExecEvent::Exited(137))));
    assert!(session.events.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_terminal_echoes_what_is_typed() {
    let runtime = runtime();
    let id = started(&runtime, &spec("tty", "forever")).await;
    let exec = ExecSpec { command: vec!["cat".to_owned()], tty: true, stdin: true };
    let mut session = runtime.exec(&id, &exec).await.unwrap();
    session.control.write(b"hi\n").await.unwrap();
    session.control.close_stdin().await.unwrap();
    let events: Vec<_> = session.events.map(Result::unwrap).collect().await;
    let typed = ExecEvent::Output(LogChunk { stream: Stream::Stdout, bytes: b"hi\r\n".to_vec() });
    assert_eq!(events, [typed.clone(), typed, ExecEvent::Exited(0)]);
}

#[tokio::test(start_paused = true)]
async fn what_has_no_effect_is_told() {
    let runtime = runtime();
    let spec = ContainerSpec { init_path: Some("/init".to_owned()), ..spec("warned", "") };
    let warnings = runtime.create(&spec).await.unwrap().warnings;
    assert_eq!(warnings, ["init_path: has no effect on the in-memory runtime"]);
}

#[tokio::test(start_paused = true)]
async fn containers_end_with_their_runtime() {
    let clock = TestClock::new();
    let runtime = MemoryRuntime::new(clock).with_image(IMAGE);
    let id = started(&runtime, &spec("orphan", "forever")).await;
    let container = runtime.containers.find(id.as_str()).unwrap();
    drop(runtime);
    assert_eq!(container.wait().await.unwrap().exit_code, Some(137));
}
