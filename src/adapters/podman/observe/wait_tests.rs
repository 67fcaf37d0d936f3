//! Ends as services and kernels tell them, or fail to.

use crate::adapters::podman::linux::cgroup::Cgroup;
use crate::adapters::podman::linux::pidfd::Pidfd;
use crate::adapters::podman::observe::tests::{Script, seen};
use crate::adapters::podman::observe::{Seen, Watches};
use crate::domain::container::{ContainerFacts, ContainerState, MemoryAtEnd};
use crate::domain::signal::Signal;
use crate::domain::task::identity::ContainerId;
use crate::domain::time::Timestamp;
use crate::ports::ErrorKind;
use futures_util::poll;
use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

const ID: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
/// Where no process can be seen.
const NOWHERE: &str = "/nowhere";

fn id() -> ContainerId {
    ContainerId::new(ID)
}

fn running() -> Seen {
    let mut seen = seen(ID, ContainerState::Running);
    seen.facts.started_at = Some(Timestamp::from_unix_nanos(1));
    seen
}

fn exited(code: i32) -> Seen {
    let mut seen = seen(ID, ContainerState::Exited);
    seen.facts.exit_code = Some(code);
    seen
}

fn watches(script: Script, root: &Path) -> Watches<Script> {
    Watches::new(Arc::new(script), root)
}

async fn code(watches: &Watches<Script>) -> Option<i32> {
    let facts = watches.wait(&id()).await.unwrap();
    assert_eq!(facts.state, ContainerState::Exited);
    facts.exit_code
}

/// A service of which one stream of ends can be had.
fn telling() -> (Script, mpsc::UnboundedSender<ContainerId>) {
    let (tell, told) = mpsc::unbounded_channel();
    let script = Script::seeing([Ok(running())]);
    script.alive.lock().unwrap().insert(id());
    script.deaths.lock().unwrap().push_back(told);
    (script, tell)
}

/// Somebody who waits, once there is nothing more to do but that.
async fn waiting(watches: &Watches<Script>) -> tokio::task::JoinHandle<Option<i32>> {
    let watches = watches.clone();
    let waiting = tokio::spawn(async move { code(&watches).await });
    tokio::time::sleep(Duration::from_secs(5)).await;
    waiting
}

#[tokio::test(start_paused = true)]
async fn a_wait_outlives_the_service_and_believes_only_the_record() {
    let (script, tell) = telling();
    let away = [ErrorKind::Unavailable, ErrorKind::Unavailable, ErrorKind::Internal].map(Err);
    *script.seen.lock().unwrap() = away.into_iter().chain([Ok(running())]).collect();
    let watches = watches(script, Path::new(NOWHERE));
    let waiter = waiting(&watches).await;
    tell.send(id()).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!waiter.is_finished(), "an event is a hint and no end");
    watches.service().now_sees(Ok(exited(3)));
    tell.send(id()).unwrap();
    assert_eq!(waiter.await.unwrap(), Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_remembers_listeners_has_one() {
    let (mut script, tell) = telling();
    script.remembers = true;
    let watches = watches(script, Path::new(NOWHERE));
    for end in [4, 5] {
        watches.service().now_sees(Ok(running()));
        let waiter = waiting(&watches).await;
        watches.service().now_sees(Ok(exited(end)));
        // There is one stream only: who asked for another would wait for the slow look.
        tell.send(id()).unwrap();
        let before = tokio::time::Instant::now();
        assert_eq!(waiter.await.unwrap(), Some(end));
        assert!(before.elapsed() < Duration::from_secs(20));
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_that_is_told_twice_ends_no_later_run() {
    let (script, tell) = telling();
    let watches = watches(script, Path::new(NOWHERE));
    let waiter = waiting(&watches).await;
    watches.service().now_sees(Ok(exited(3)));
    tell.send(id()).unwrap();
    tell.send(id()).unwrap();
    assert_eq!(waiter.await.unwrap(), Some(3));
    watches.service().now_sees(Ok(running()));
    let waiter = waiting(&watches).await;
    tell.send(id()).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!waiter.is_finished(), "the duplicate of another run's end");
    watches.service().now_sees(Ok(exited(4)));
    tell.send(id()).unwrap();
    assert_eq!(waiter.await.unwrap(), Some(4));
}

/// The stream tells of an end before anybody waits, and the ends of two containers the wrong way round.
#[tokio::test(start_paused = true)]
async fn ends_may_be_told_out_of_order() {
    let (script, tell) = telling();
    let watches = watches(script, Path::new(NOWHERE));
    tell.send(id()).unwrap();
    let waiter = waiting(&watches).await;
    assert!(!waiter.is_finished(), "told before the start");
    watches.service().now_sees(Ok(exited(5)));
    for container in [ContainerId::new("later"), id(), ContainerId::new("earlier")] {
        tell.send(container).unwrap();
    }
    assert_eq!(waiter.await.unwrap(), Some(5));
}

#[tokio::test(start_paused = true)]
async fn one_stream_of_events_wakes_whom_it_concerns() {
    let (script, tell) = telling();
    let watches = watches(script, Path::new(NOWHERE));
    let waiter = waiting(&watches).await;
    let looks = watches.service().looks();
    tell.send(ContainerId::new("another")).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(watches.service().looks(), looks, "the end of another one is nothing to look for");
    watches.service().now_sees(Ok(exited(7)));
    tell.send(id()).unwrap();
    assert_eq!(waiter.await.unwrap(), Some(7));
}

#[tokio::test(start_paused = true)]
async fn an_end_that_the_stream_missed_is_found_in_the_list() {
    let (script, _tell) = telling();
    let watches = watches(script, Path::new(NOWHERE));
    let waiter = waiting(&watches).await;
    watches.service().now_sees(Ok(exited(8)));
    watches.service().alive.lock().unwrap().clear();
    let before = tokio::time::Instant::now();
    assert_eq!(waiter.await.unwrap(), Some(8));
    assert!(before.elapsed() > Duration::from_secs(20), "looked for more often than needed");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_is_followed_by_another_and_a_look() {
    let (script, tell) = telling();
    let (_tell_again, told) = mpsc::unbounded_channel();
    script.deaths.lock().unwrap().push_back(told);
    let watches = watches(script, Path::new(NOWHERE));
    let waiter = waiting(&watches).await;
    watches.service().now_sees(Ok(exited(9)));
    *watches.service().alive.lock().unwrap() = HashSet::new();
    drop(tell);
    let before = tokio::time::Instant::now();
    assert_eq!(waiter.await.unwrap(), Some(9));
    assert!(before.elapsed() < Duration::from_secs(20), "waited for the slow look");
}

#[tokio::test(start_paused = true)]
async fn a_lost_supervisor_that_no_event_tells_of_is_found_out() {
    let (script, _tell) = telling();
    script.no_record.store(true, Ordering::Relaxed);
    assert_eq!(code(&watches(script, Path::new(NOWHERE))).await, None);
}

#[tokio::test(start_paused = true)]
async fn many_waiters_are_one_watch_and_the_next_run_is_another() {
    let (script, tell) = telling();
    let watches = watches(script, Path::new(NOWHERE));
    let (one, other) = tokio::join!(waiting(&watches), waiting(&watches));
    let looks = watches.service().looks();
    watches.service().now_sees(Ok(exited(1)));
    tell.send(id()).unwrap();
    assert_eq!((one.await.unwrap(), other.await.unwrap()), (Some(1), Some(1)));
    assert_eq!(watches.service().looks(), looks + 1);
    watches.service().now_sees(Ok(exited(2)));
    assert_eq!(code(&watches).await, Some(2), "the end of the run before is not this one's");
}

/// A machine on which `pid` is the first process of the container of this id, and process 1 its conmon.
fn machine(pid: u32, id: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let process = |pid: u32, cgroup: &str, arguments: &str| {
        let dir = root.path().join(format!("proc/{pid}"));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("cgroup"), cgroup).unwrap();
        fs::write(dir.join("cmdline"), arguments).unwrap();
    };
    let exits = root.path().join("exits");
    fs::create_dir_all(&exits).unwrap();
    process(pid, &format!("0::/libpod-{id}\n"), "sleep\0");
    process(1, "0::/\n", &format!("conmon\0-c\0{id}\0--exit-dir\0{}\0", exits.display()));
    root
}

fn program() -> (Child, u32) {
    let child = Command::new("sleep").arg("60").kill_on_drop(true).spawn().unwrap();
    let pid = child.id().unwrap();
    (child, pid)
}

fn held(pid: u32) -> Seen {
    let mut seen = running();
    (seen.facts.pid, seen.conmon_pid) = (Some(pid), Some(1));
    seen
}

#[tokio::test]
async fn while_the_service_is_away_conmons_file_is_the_record() {
    let (mut child, pid) = program();
    let root = machine(pid, ID);
    let watches = watches(Script::seeing([Ok(held(pid)), Err(ErrorKind::Unavailable)]), root.path());
    let end = async {
        while watches.service().looks() == 0 {
            tokio::task::yield_now().await;
        }
        child.kill().await.unwrap();
        // The process is gone and nobody knows its code yet: that is no end of the wait, and no 0.
        tokio::time::sleep(Duration::from_millis(20)).await;
        fs::write(root.path().join("exits").join(ID), "42").unwrap();
    };
    let id = id();
    let (facts, ()) = tokio::join!(watches.wait(&id), end);
    let ContainerFacts { state, exit_code, finished_at, pid, .. } = facts.unwrap();
    assert_eq!((state, exit_code, pid), (ContainerState::Exited, Some(42), None));
    assert!(finished_at.is_some());
}

#[tokio::test]
async fn a_wait_right_after_a_look_asks_only_for_the_record() {
    let (mut child, pid) = program();
    let root = machine(pid, ID);
    let watches = watches(Script::seeing([Ok(held(pid))]), root.path());
    assert_eq!(watches.inspect(ID).await.unwrap().pid, Some(pid));
    let id = id();
    let mut wait = pin!(watches.wait(&id));
    assert!(poll!(&mut wait).is_pending());
    assert_eq!((watches.seen(&id).await.unwrap(), watches.service().looks()), (held(pid), 1));
    watches.service().now_sees(Ok(exited(5)));
    fs::write(root.path().join("exits").join(ID), "5").unwrap();
    child.kill().await.unwrap();
    assert_eq!((wait.await.unwrap().exit_code, watches.service().looks()), (Some(5), 2));
}

#[tokio::test]
async fn after_a_start_or_an_end_the_service_is_asked_again() {
    let (mut child, pid) = program();
    let root = machine(pid, ID);
    let watches = watches(Script::seeing([Ok(held(pid))]), root.path());
    watches.inspect(ID).await.unwrap();
    watches.touched(&id());
    watches.seen(&id()).await.unwrap();
    assert_eq!(watches.service().looks(), 2, "it may run anew");
    watches.inspect(ID).await.unwrap();
    child.kill().await.unwrap();
    watches.service().now_sees(Ok(exited(6)));
    assert_eq!((code(&watches).await, watches.service().looks()), (Some(6), 4), "what was seen has ended");
}

#[tokio::test]
async fn a_recycled_pid_is_not_held() {
    let (_child, pid) = program();
    let root = machine(pid, &"ab".repeat(32));
    // Seven looks for a process that may have just ended.
    let looks = std::iter::repeat_n(Ok(held(pid)), 7);
    let script = Script::seeing(looks.chain([Ok(exited(6))]));
    // Held, it would be waited for as long as the stranger lives.
    assert_eq!(code(&watches(script, root.path())).await, Some(6));
}

/// A program that has ended, and that nobody has taken note of: its pid is still its own.
fn ended_program() -> (Child, u32) {
    let (mut child, pid) = program();
    child.start_kill().unwrap();
    let held = Pidfd::open(pid).unwrap();
    while !held.has_ended() {
        std::thread::yield_now();
    }
    (child, pid)
}

#[tokio::test(start_paused = true)]
async fn what_conmon_has_left_counts_although_the_container_is_removed() {
    let (_child, pid) = ended_program();
    let root = machine(pid, ID);
    fs::write(root.path().join("exits").join(ID), "9").unwrap();
    let watches = watches(Script::seeing([Ok(held(pid)), Err(ErrorKind::NotFound)]), root.path());
    assert_eq!(code(&watches).await, Some(9));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_record_that_conmon_cannot_leave_any_more() {
    let (_child, pid) = ended_program();
    let (_conmon, conmon) = ended_program();
    for directory in [true, false] {
        let root = machine(pid, ID);
        let conmon = if directory { conmon } else { 1 };
        fs::create_dir_all(root.path().join(format!("proc/{conmon}"))).unwrap();
        fs::copy(root.path().join("proc/1/cmdline"), root.path().join(format!("proc/{conmon}/cmdline")))
            .unwrap();
        fs::copy(root.path().join("proc/1/cgroup"), root.path().join(format!("proc/{conmon}/cgroup")))
            .unwrap();
        if !directory {
            fs::remove_dir(root.path().join("exits")).unwrap();
        }
        let seen = Seen { conmon_pid: Some(conmon), ..held(pid) };
        let watches = watches(Script::seeing([Ok(seen), Ok(exited(3))]), root.path());
        let before = tokio::time::Instant::now();
        assert_eq!(code(&watches).await, Some(3));
        assert!(before.elapsed() < Duration::from_millis(50), "{:?}", before.elapsed());
    }
}

#[tokio::test]
async fn the_counters_of_a_container_that_has_ended_are_let_go() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("memory.current"), "5\n").unwrap();
    let watches = watches(Script::seeing([Ok(exited(0))]), Path::new(NOWHERE));
    let group = Cgroup::V2(root.path().to_owned());
    watches.groups().first(&id(), group, Timestamp::from_unix_nanos(1)).unwrap();
    assert_eq!(code(&watches).await, Some(0));
    assert!(watches.groups().get(&id()).is_none(), "its files stay open");
}

/// A machine with a container whose memory counter says that one of its processes was killed.
fn short_of_memory(pid: u32) -> tempfile::TempDir {
    let root = machine(pid, ID);
    let group = root.path().join(format!("sys/fs/cgroup/libpod-{ID}"));
    fs::create_dir_all(root.path().join("proc/self")).unwrap();
    fs::create_dir_all(&group).unwrap();
    let mounts = "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    fs::write(root.path().join("proc/self/mountinfo"), mounts).unwrap();
    fs::write(group.join("memory.events"), "oom 0\noom_kill 0\n").unwrap();
    root
}

#[tokio::test]
async fn who_we_have_killed_was_not_killed_for_want_of_memory() {
    for asked in [false, true] {
        let (mut child, pid) = program();
        let root = short_of_memory(pid);
        let mut flagged = exited(137);
        flagged.facts.oom_killed = asked;
        let watches = watches(Script::seeing([Ok(held(pid)), Ok(flagged)]), root.path());
        let id = id();
        let mut wait = pin!(watches.wait(&id));
        assert!(poll!(&mut wait).is_pending());
        // A child, in both cases.
        let counter = root.path().join(format!("sys/fs/cgroup/libpod-{ID}/memory.events"));
        fs::write(counter, "oom 1\noom_kill 1\n").unwrap();
        if asked {
            watches.signalling(&id, Signal::TERM);
            watches.signalling(&id, Signal::KILL);
        }
        fs::write(root.path().join("exits").join(ID), "137").unwrap();
        child.kill().await.unwrap();
        let facts = wait.await.unwrap();
        assert_eq!((facts.exit_code, facts.oom_killed), (Some(137), !asked));
    }
}

#[tokio::test]
async fn want_of_memory_is_seen_also_by_who_comes_late() {
    let root = tempfile::tempdir().unwrap();
    let group = root.path().join(format!("sys/fs/cgroup/memory/libpod_parent/libpod-{ID}"));
    fs::create_dir_all(root.path().join("proc/self")).unwrap();
    fs::create_dir_all(&group).unwrap();
    let mounts = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
    fs::write(root.path().join("proc/self/mountinfo"), mounts).unwrap();
    fs::write(group.join("memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n").unwrap();
    fs::write(group.join("memory.limit_in_bytes"), "4096\n").unwrap();
    for (code, killed) in [(137, true), (1, false), (0, false)] {
        let mut flagged = exited(code);
        // What a service says that has seen the end of a child.
        flagged.facts.oom_killed = true;
        let watches = watches(Script::seeing([Ok(flagged)]), root.path());
        let facts = watches.wait(&id()).await.unwrap();
        assert_eq!(facts.oom_killed, killed, "{code}");
        let memory = MemoryAtEnd { limit: Some(4096), peak: None };
        assert_eq!(facts.memory_at_end, killed.then_some(memory));
    }
}
