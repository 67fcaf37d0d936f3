//! Commands beside a task.

use crate::support::agent::Agent;
use crate::support::alloc::Alloc;
use crate::support::exec::Done;
use crate::support::job::Job;

fn sleeper<'a>(agent: &'a Agent, id: &str) -> Alloc<'a> {
    let alloc = agent.run(&Job::service(id, "trap 'exit 0' TERM; while :; do sleep 0.1; done"));
    alloc.running();
    alloc
}

pub fn prints_and_tells_its_exit_code(agent: &Agent) {
    let alloc = sleeper(agent, "exec-exit");
    let done = alloc.exec(&["/bin/sh", "-c", "echo out; echo err >&2; exit 3"], b"");
    let expected = Done {
        stdout: "out\n".to_owned(),
        stderr: "err\n".to_owned(),
        exit_code: Some(3),
        ..Done::default()
    };
    assert_eq!(done, expected);
    alloc.stop();
}

pub fn reads_its_standard_input(agent: &Agent) {
    let alloc = sleeper(agent, "exec-stdin");
    let text = "one line\nand half another";
    let done = alloc.exec(&["cat"], text.as_bytes());
    assert_eq!((done.stdout.as_str(), done.exit_code), (text, Some(0)), "{done:?}");
    alloc.stop();
}

pub fn a_program_that_does_not_exist(agent: &Agent) {
    let alloc = sleeper(agent, "exec-absent");
    let done = alloc.exec(&["/no/such/program"], b"");
    assert_eq!(done.exit_code, Some(127), "{done:?}");
    assert_eq!(alloc.container().state, "running", "the task does not mind");
    alloc.stop();
}
