//! Tasks that cannot run: the reason is told, and nothing is left.

use crate::support::agent::Agent;
use crate::support::alloc::End;
use crate::support::job::Job;
use serde_json::json;

fn told(end: &End, words: &str) {
    assert_eq!(end.status, "failed", "{end:?}");
    assert!(end.events.iter().any(|(_, message)| message.contains(words)), "no {words:?} in {end:?}");
}

pub fn an_unknown_option_is_named(agent: &Agent) {
    let alloc = agent.run(&Job::batch("refused-option", "exit 0").config("imagge", json!("x")));
    told(&alloc.ended(), "imagge");
    alloc.container_gone();
}

pub fn an_image_that_cannot_be_had_leaves_no_container(agent: &Agent) {
    // Port 9 of the loopback: no registry answers there, and none elsewhere is asked.
    let image = "localhost:9/no/such:image";
    let alloc = agent.run(&Job::batch("refused-image", "exit 0").config("image", json!(image)));
    told(&alloc.ended(), image);
    alloc.container_gone();
}

pub fn a_command_that_does_not_exist_leaves_no_container(agent: &Agent) {
    let job = Job::batch("refused-command", "").config("command", json!("/no/such/program"));
    let alloc = agent.run(&job);
    told(&alloc.ended(), "/no/such/program");
    alloc.container_gone();
}
