//! Signals that a person sends.

use crate::support::agent::Agent;
use crate::support::job::Job;

pub fn a_trap_runs(agent: &Agent) {
    let script = "trap 'echo got USR1' USR1; trap 'exit 0' TERM; echo ready; while :; do sleep 0.1; done";
    let alloc = agent.run(&Job::service("signal", script));
    alloc.running().says("ready");
    let pid = alloc.container().pid;
    alloc.signal("SIGUSR1").unwrap();
    alloc.says("got USR1");
    assert_eq!(alloc.container().pid, pid, "the task goes on");
    let refused = alloc.signal("SIGNOTHING").unwrap_err();
    assert!(refused.contains("SIGNOTHING") || refused.contains("signal"), "{refused}");
    assert_eq!(alloc.container().pid, pid, "the task goes on");
    alloc.stop();
}
