//! What a task prints, byte by byte.

use crate::support::agent::Agent;
use crate::support::job::Job;
use std::fmt::Write;

pub fn both_streams_arrive_exactly_and_apart(agent: &Agent) {
    let script = "echo out 1; echo err 1 >&2; echo; echo '  out 2 '; printf 'a\\tb\\n' >&2";
    let alloc = agent.run(&Job::batch("logs-both", script));
    assert_eq!(alloc.ended().status, "complete");
    alloc.log_is("stdout", "out 1\n\n  out 2 \n");
    alloc.log_is("stderr", "err 1\na\tb\n");
}

pub fn many_lines_arrive_in_order(agent: &Agent) {
    let script =
        "i=0; while [ $i -lt 5000 ]; do echo line $i of a task that has much to say; i=$((i+1)); done";
    let alloc = agent.run(&Job::batch("logs-many", script));
    let expected = (0..5000).fold(String::new(), |mut text, line| {
        writeln!(text, "line {line} of a task that has much to say").unwrap();
        text
    });
    assert_eq!(alloc.ended().status, "complete");
    alloc.log_is("stdout", &expected);
    alloc.log_is("stderr", "");
}

pub fn a_last_line_without_an_end_arrives(agent: &Agent) {
    let alloc = agent.run(&Job::batch("logs-half", "printf 'no newline'; printf half >&2; exit 7"));
    assert_eq!(alloc.ended().status, "failed");
    alloc.log_is("stdout", "no newline");
    alloc.log_is("stderr", "half");
}
