//! What a task outlives: its agent, the plugin, Podman's service. Each test has an agent of its own.

use crate::support::agent::Agent;
use crate::support::alloc::{Alloc, End};
use crate::support::job::Job;
use crate::support::processes;
use crate::support::setup::Setup;
use crate::support::wait;
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// Counts aloud until it is told to end, then with code 9.
const COUNTER: &str = "trap 'echo told; exit 9' USR1; \
    i=0; while :; do echo $i; echo $i > /local/count; i=$((i+1)); sleep 0.1; done";

fn counting<'a>(agent: &'a Agent, id: &str) -> Alloc<'a> {
    let alloc = agent.run(&Job::batch(id, COUNTER));
    alloc.running().says("2");
    alloc
}

/// Tells the counter to end, as soon as the agent can, and checks that its end is told as it was.
fn end_by_signal(alloc: &Alloc<'_>) -> End {
    wait::until("signal to be delivered", || alloc.signal("SIGUSR1"));
    let end = alloc.ended();
    assert_eq!((end.status.as_str(), end.restarts), ("failed", 0), "{end:?}");
    assert_eq!(end.messages("Terminated"), ["Exit Code: 9"], "{end:?}");
    alloc.container_gone();
    end
}

/// The counter goes on counting for a while.
fn counts_on(alloc: &Alloc<'_>) {
    let count = || -> Result<u64, String> {
        let text = fs::read_to_string(alloc.path(&format!("{}/local/count", Job::TASK)));
        text.map_err(|error| error.to_string())?.trim().parse().map_err(|_| "half written".to_owned())
    };
    let start = wait::until("a count", count);
    wait::until("the count to go on", || {
        let now = count()?;
        if now > start + 5 { Ok(()) } else { Err(now.to_string()) }
    });
}

/// The numbers that arrived are the first ones, each once.
fn no_gap(log: &str) {
    let numbers: Vec<&str> = log.lines().filter(|line| *line != "told").collect();
    let expected: Vec<String> = (0..numbers.len()).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected, "lines are lost or repeated");
}

pub fn agent_killed(setup: Setup) {
    let agent = Agent::start(setup, "killed");
    let alloc = counting(&agent, "agent-killed");
    let before = alloc.container();
    agent.kill();
    counts_on(&alloc);
    agent.launch();
    agent.healthy();
    alloc.running();
    assert_eq!(alloc.container(), before, "the task is still the same process");
    end_by_signal(&alloc);
    alloc.says("told");
    no_gap(&alloc.log("stdout").unwrap());
    agent.stop_jobs().unwrap();
}

pub fn agent_killed_with_children(setup: Setup) {
    let agent = Agent::start(setup, "killed-all");
    let alloc = counting(&agent, "all-killed");
    let before = alloc.container();
    agent.kill_with_children();
    counts_on(&alloc);
    agent.launch();
    agent.healthy();
    alloc.running();
    assert_eq!(alloc.container(), before, "the task is still the same process");
    end_by_signal(&alloc);
    alloc.says("told");
    agent.stop_jobs().unwrap();
}

pub fn ended_unwatched(setup: Setup) {
    let agent = Agent::start(setup, "unwatched");
    let script = "while [ ! -e /alloc/data/end ]; do sleep 0.1; done; exit 5";
    let alloc = agent.run(&Job::batch("unwatched", script));
    let before = alloc.running().container();
    agent.kill_with_children();
    fs::write(alloc.path("alloc/data/end"), "").unwrap();
    let pid = u32::try_from(before.pid).unwrap();
    wait::until("task to end", || if processes::is_alive(pid) { Err("it runs".to_owned()) } else { Ok(()) });
    agent.launch();
    agent.healthy();
    let end = alloc.ended();
    assert_eq!((end.status.as_str(), end.restarts), ("failed", 0), "{end:?}");
    assert_eq!(end.messages("Terminated"), ["Exit Code: 5"], "{end:?}");
    alloc.container_gone();
    agent.stop_jobs().unwrap();
}

pub fn plugin_killed(setup: Setup) {
    let agent = Agent::start(setup, "plugin");
    let alloc = counting(&agent, "plugin-killed");
    let before = alloc.container();
    let killed = agent.plugins();
    assert!(!killed.is_empty(), "the plugin is a process of the agent");
    killed.iter().for_each(|pid| processes::signal(*pid, Signal::KILL));
    wait::until("new plugin", || {
        let plugins = agent.plugins();
        let new = plugins.iter().any(|pid| !killed.contains(pid));
        if new { Ok(()) } else { Err(format!("{plugins:?}")) }
    });
    agent.healthy();
    counts_on(&alloc);
    assert_eq!(alloc.container(), before, "the task is still the same process");
    end_by_signal(&alloc);
    // The agent's collector of logs never saw the end of its pipe.
    alloc.says("told");
    no_gap(&alloc.log("stdout").unwrap());
    agent.stop_jobs().unwrap();
}

pub fn podman_comes_later(setup: Setup) {
    let real = setup.socket.clone();
    // Not in the agent's own directory, whose name is not known before it starts.
    let late = setup.work.join(format!("late-{}.sock", std::process::id()));
    let agent = Agent::start_on(setup, "late", &late);
    let driver = agent.node()["Drivers"]["podman"].clone();
    assert_ne!(driver["Healthy"], true, "{driver}");
    symlink(&real, &late).unwrap();
    agent.healthy();
    let end = agent.run(&Job::batch("late", "exit 7")).ended();
    assert_eq!(end.messages("Terminated"), ["Exit Code: 7"], "{end:?}");
    agent.stop_jobs().unwrap();
    fs::remove_file(Path::new(&late)).unwrap();
}

pub fn podman_killed(setup: Setup, control: &str, arm: &str) {
    let podman = |verb: &str| {
        let done = Command::new(control).args([verb, arm]).output().unwrap();
        assert!(done.status.success(), "{verb}: {done:?}");
    };
    podman("kill");
    // A case that fails must not leave the others without Podman.
    let _started = Restore(|| drop(Command::new(control).args(["start", arm]).output()));
    let socket = setup.socket.clone();
    let agent = Agent::start_on(setup, "service", &socket);
    let driver = agent.node()["Drivers"]["podman"].clone();
    assert_ne!(driver["Healthy"], true, "{driver}");
    podman("start");
    agent.healthy();
    let alloc = counting(&agent, "service-killed");
    let before = alloc.container();
    podman("kill");
    counts_on(&alloc);
    podman("start");
    assert_eq!(alloc.container(), before, "the task is still the same process");
    end_by_signal(&alloc);
    alloc.says("told");
    no_gap(&alloc.log("stdout").unwrap());
    agent.stop_jobs().unwrap();
}

/// Runs at the end, also at a bad one.
struct Restore<F: FnMut()>(F);

impl<F: FnMut()> Drop for Restore<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
