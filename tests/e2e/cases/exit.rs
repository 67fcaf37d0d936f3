//! How a task ended, as the agent tells it.

use crate::support::agent::Agent;
use crate::support::job::Job;
use serde_json::json;

pub fn zero_is_complete(agent: &Agent) {
    let alloc = agent.run(&Job::batch("exit-0", "exit 0"));
    let end = alloc.ended();
    assert_eq!(end.status, "complete", "{end:?}");
    assert_eq!(end.messages("Terminated"), ["Exit Code: 0"], "{end:?}");
    alloc.container_gone();
}

pub fn seven_is_failed(agent: &Agent) {
    let alloc = agent.run(&Job::batch("exit-7", "exit 7"));
    let end = alloc.ended();
    assert_eq!(end.status, "failed", "{end:?}");
    assert_eq!(end.messages("Terminated"), ["Exit Code: 7"], "{end:?}");
    alloc.container_gone();
}

pub fn a_signal_is_128_and_its_number(agent: &Agent) {
    // A shell that is process 1 cannot signal itself; its child can.
    let end = agent.run(&Job::batch("exit-signal", "sh -c 'kill -ABRT $$'; exit $?")).ended();
    assert_eq!(end.status, "failed", "{end:?}");
    assert_eq!(end.messages("Terminated"), ["Exit Code: 134"], "{end:?}");
}

pub fn killed_for_its_memory(agent: &Agent) {
    let job = Job::batch("oom", "").memory(32);
    let job = job.config("command", json!("dd"));
    let job = job.config("args", json!(["if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"]));
    let end = agent.run(&job).ended();
    assert_eq!(end.status, "failed", "{end:?}");
    let messages = end.messages("Terminated");
    assert!(
        matches!(messages.as_slice(), [one] if one.contains("Exit Code: 137") && one.contains("OOM")),
        "{end:?}"
    );
}
