//! Commands beside a task, by the command line as a person uses it.

use crate::support::agent::Agent;
use crate::support::alloc::Alloc;
use crate::support::job::Job;

fn sleeper<'a>(agent: &'a Agent, id: &str) -> Alloc<'a> {
    let alloc = agent.run(&Job::service(id, "trap 'exit 0' TERM; while :; do sleep 0.1; done"));
    alloc.running();
    alloc
}

pub fn prints_and_tells_its_exit_code(agent: &Agent) {
    let alloc = sleeper(agent, "exec-exit");
    let done = alloc.exec(&["/bin/sh", "-c", "echo out; echo err >&2; exit 3"], b"");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "out\n", "{done:?}");
    assert_eq!(String::from_utf8_lossy(&done.stderr), "err\n", "{done:?}");
    assert_eq!(done.status.code(), Some(3), "{done:?}");
    alloc.stop();
}

pub fn reads_its_standard_input(agent: &Agent) {
    let alloc = sleeper(agent, "exec-stdin");
    let text = "one line\nand half another";
    let done = alloc.exec(&["cat"], text.as_bytes());
    assert_eq!(String::from_utf8_lossy(&done.stdout), text, "{done:?}");
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    alloc.stop();
}

pub fn a_program_that_does_not_exist(agent: &Agent) {
    let alloc = sleeper(agent, "exec-absent");
    let done = alloc.exec(&["/no/such/program"], b"");
    assert!(matches!(done.status.code(), Some(code) if code != 0), "{done:?}");
    assert_eq!(alloc.container().state, "running", "the task does not mind");
    alloc.stop();
}
