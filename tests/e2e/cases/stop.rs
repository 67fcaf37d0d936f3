//! The end that a person wants.

use crate::support::agent::Agent;
use crate::support::job::Job;
use std::time::Duration;

pub fn the_trap_of_sigterm_runs_and_the_container_goes(agent: &Agent) {
    let script =
        "trap 'echo bye; sleep 0.3; echo done; exit 0' TERM; echo ready; while :; do sleep 0.1; done";
    let alloc = agent.run(&Job::service("stop-term", script));
    alloc.running().says("ready");
    alloc.stop();
    let end = alloc.ended();
    assert_eq!(end.status, "complete", "{end:?}");
    assert_eq!(end.messages("Terminated"), ["Exit Code: 0"], "{end:?}");
    alloc.log_is("stdout", "ready\nbye\ndone\n");
    alloc.container_gone();
}

pub fn the_signal_is_the_one_of_the_job(agent: &Agent) {
    let script = "trap 'echo int; exit 4' INT; trap 'echo term; exit 5' TERM; echo ready; \
                  while :; do sleep 0.1; done";
    let job = Job::service("stop-signal", script).killed_by("SIGINT", Duration::from_secs(20));
    let alloc = agent.run(&job);
    alloc.running().says("ready");
    alloc.stop();
    let end = alloc.ended();
    assert_eq!(end.messages("Terminated"), ["Exit Code: 4"], "{end:?}");
    alloc.log_is("stdout", "ready\nint\n");
    alloc.container_gone();
}

pub fn a_task_that_does_not_listen_is_killed_after_its_grace(agent: &Agent) {
    let script = "trap '' TERM; echo ready; while :; do sleep 0.1; done";
    let job = Job::service("stop-deaf", script).killed_by("SIGTERM", Duration::from_secs(1));
    let alloc = agent.run(&job);
    alloc.running().says("ready");
    alloc.stop();
    let end = alloc.ended();
    assert!(
        matches!(end.messages("Terminated").as_slice(), [one] if one.starts_with("Exit Code: 137")),
        "{end:?}"
    );
    alloc.container_gone();
}
