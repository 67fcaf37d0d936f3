//! Parts of the harness by themselves: the meter, and the calls of Podman 1.

use crate::args::Args;
use crate::meter::Meter;
use crate::varlink::{Sweep, Varlink};
use clap::Parser;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

/// What a busy process has used at least, in the units that the kernel shows.
const BUSY: Duration = Duration::from_millis(100);

/// A process that works until its standard input ends, and then ends as well.
fn busy() -> (Child, ChildStdin) {
    let script = "while :; do :; done & read -r line; kill $!; wait";
    let mut command = Command::new("sh");
    let mut child = command.args(["-c", script]).stdin(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take().unwrap();
    (child, stdin)
}

/// utime, stime and those of children that were waited for, in hundredths of a second.
fn times(pid: u32) -> Vec<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(4);
    fields.map(|field| field.parse().unwrap()).collect()
}

fn ticks(pid: u32) -> u64 {
    times(pid)[..2].iter().sum()
}

fn children(pid: u32) -> BTreeSet<u32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    text.split_whitespace().map(|child| child.parse().unwrap()).collect()
}

/// Waits until a process has worked for so long.
fn has_worked(pid: u32) {
    while Duration::from_millis(ticks(pid) * 10) < BUSY {
        thread::yield_now();
    }
}

#[test]
fn a_process_that_came_after_the_start_counts_whole() {
    let found = Rc::new(Cell::new(None));
    let look = found.clone();
    let meter = Meter::start(move || look.get().into_iter().collect());
    let (mut child, stdin) = busy();
    let worker = loop {
        if let Some(worker) = children(child.id()).first() {
            break *worker;
        }
    };
    has_worked(worker);
    found.set(Some(worker));
    assert!(meter.used() >= BUSY);
    drop(stdin);
    child.wait().unwrap();
}

#[test]
fn a_process_that_ended_counts_in_the_parent_that_waited_for_it_and_only_there() {
    let script = "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done & wait; echo; read -r line";
    let mut command = Command::new("sh");
    let mut child =
        command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let parent = child.id();
    let mut meter = Meter::start(move || &BTreeSet::from([parent]) | &children(parent));
    while times(parent)[2..] == [0, 0] {
        meter.look();
    }
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let waited_for = Duration::from_millis(times(parent)[2..].iter().sum::<u64>() * 10);
    let used = meter.used();
    drop(child.stdin.take());
    child.wait().unwrap();
    assert!(waited_for >= BUSY, "the machine is too fast for this test: {waited_for:?}");
    assert!(used >= waited_for && used < waited_for + BUSY / 2, "{used:?} of {waited_for:?}");
}

#[test]
fn a_thread_that_ended_counts() {
    let own = std::process::id();
    let meter = Meter::start(move || BTreeSet::from([own]));
    let until = ticks(own) + 2 * BUSY.as_millis() as u64 / 10;
    let working = thread::spawn(move || while ticks(own) < until {});
    working.join().unwrap();
    assert!(meter.used() >= BUSY);
}

/// A service that answers each call as told, and keeps what it was asked.
fn service(answer: fn(&Value) -> Option<Value>) -> (tempfile::TempDir, thread::JoinHandle<Vec<Value>>) {
    let dir = tempfile::TempDir::with_prefix("varlink-").unwrap();
    let listener = UnixListener::bind(dir.path().join("socket")).unwrap();
    let serving = thread::spawn(move || serve(listener.accept().unwrap().0, answer));
    (dir, serving)
}

fn serve(stream: UnixStream, answer: fn(&Value) -> Option<Value>) -> Vec<Value> {
    let mut writer = stream.try_clone().unwrap();
    let mut asked = Vec::new();
    for request in BufReader::new(stream).split(0) {
        let request: Value = serde_json::from_slice(&request.unwrap()).unwrap();
        if let Some(parameters) = answer(&request) {
            writer.write_all(format!("{}\0", json!({ "parameters": parameters })).as_bytes()).unwrap();
        }
        asked.push(request);
    }
    asked
}

#[test]
fn a_podman_1_that_says_nothing_is_not_waited_for_for_ever() {
    let (dir, _serving) = service(|_| None);
    let mut podman = Varlink::patient(&dir.path().join("socket"), Duration::from_millis(50)).unwrap();
    let error = podman.call("GetVersion", &json!({})).unwrap_err();
    assert!(error.starts_with("GetVersion: "), "{error}");
}

#[test]
fn what_is_left_on_podman_1_is_removed_and_nothing_of_others() {
    let (dir, serving) = service(|request| {
        Some(match request["method"].as_str() {
            Some("io.podman.Ps") => json!({ "containers": [
                { "id": "one", "names": "web-0abc0001-0000" }, { "id": "other", "names": "web-11111111-0000" },
            ] }),
            _ => json!({}),
        })
    });
    drop(Sweep::new(&dir.path().join("socket"), "0abc0001"));
    let asked = serving.join().unwrap();
    let removed: Vec<&Value> = asked[1..].iter().map(|request| &request["parameters"]["name"]).collect();
    assert_eq!(removed, ["one"]);
}

#[test]
fn a_measurement_that_nobody_knows_is_refused_and_the_known_ones_are_told() {
    let told = Args::try_parse_from(["bench", "--only", "stop,log delay"]).err().unwrap().to_string();
    assert!(told.contains("'log delay'") && told.contains("possible values: binary, handshake"), "{told}");
    assert!(Args::try_parse_from(["bench", "--only", "stop,logs"]).is_ok());
}
