//! How a task ended, as the agent tells it.

use crate::support::agent::Agent;
use crate::support::job::Job;
use std::fs;

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
    let script = "while [ ! -e /alloc/data/eat ]; do sleep 0.1; done; \
                  exec dd if=/dev/zero of=/dev/null bs=200M count=1";
    let alloc = agent.run(&Job::batch("oom", script).memory(32));
    alloc.running();
    fs::write(alloc.path("alloc/data/eat"), "").unwrap();
    let end = alloc.ended();
    assert_eq!(end.status, "failed", "{end:?}");
    let messages = end.messages("Terminated");
    assert!(
        matches!(messages.as_slice(), [one] if one.contains("Exit Code: 137") && one.contains("OOM")),
        "{end:?}"
    );
    alloc.container_gone();
}
