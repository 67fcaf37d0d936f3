//! The agent's restart policy, and restarts that a person asks for.

use crate::support::agent::Agent;
use crate::support::job::Job;
use std::fs;

/// A line for each start, in the directory that outlives them.
const COUNT: &str = "echo started >> $NOMAD_ALLOC_DIR/data/starts;";

pub fn a_failing_task_is_started_again(agent: &Agent) {
    let script = format!("{COUNT} [ $(wc -l < $NOMAD_ALLOC_DIR/data/starts) -ge 2 ]");
    let alloc = agent.run(&Job::batch("restart-once", &script).restarts(3));
    let end = alloc.ended();
    assert_eq!((end.status.as_str(), end.restarts), ("complete", 1), "{end:?}");
    assert_eq!(end.messages("Terminated"), ["Exit Code: 1", "Exit Code: 0"], "{end:?}");
    alloc.container_gone();
}

pub fn a_task_that_fails_for_good_is_tried_as_often_as_the_policy_says(agent: &Agent) {
    let alloc = agent.run(&Job::batch("restart-twice", &format!("{COUNT} exit 9")).restarts(2));
    let end = alloc.ended();
    assert_eq!((end.status.as_str(), end.restarts), ("failed", 2), "{end:?}");
    assert_eq!(end.messages("Terminated"), ["Exit Code: 9"; 3], "{end:?}");
    assert_eq!(fs::read_to_string(alloc.path("alloc/data/starts")).unwrap(), "started\n".repeat(3));
    alloc.container_gone();
}

pub fn a_person_may_restart_a_task(agent: &Agent) {
    let script = "trap 'exit 0' TERM; echo ready; while :; do sleep 0.1; done";
    let alloc = agent.run(&Job::service("restart-asked", script));
    alloc.running().says("ready");
    let before = alloc.container();
    alloc.restart();
    alloc.log_is("stdout", "ready\nready\n");
    let after = alloc.container();
    assert_ne!(before.id, after.id, "a start is a new container");
    alloc.stop();
    alloc.ended();
    alloc.container_gone();
}
