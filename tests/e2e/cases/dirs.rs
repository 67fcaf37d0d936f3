//! The directories of an allocation, seen from both sides, and the environment that names them.

use crate::support::agent::Agent;
use crate::support::job::Job;
use serde_json::json;
use std::fs;

pub fn what_a_task_writes_is_on_the_host(agent: &Agent) {
    let script = "echo shared > /alloc/data/file; echo own > /local/file; echo hush > /secrets/file; \
                  trap 'exit 0' TERM; echo written; while :; do sleep 0.1; done";
    let alloc = agent.run(&Job::service("dirs", script));
    // Seen while it runs: the secrets go with the task.
    alloc.running().says("written");
    let read = |path: &str| fs::read_to_string(alloc.path(path)).unwrap();
    assert_eq!(read("alloc/data/file"), "shared\n");
    assert_eq!(read(&format!("{}/local/file", Job::TASK)), "own\n");
    assert_eq!(read(&format!("{}/secrets/file", Job::TASK)), "hush\n");
    alloc.stop();
}

pub fn the_environment_names_them(agent: &Agent) {
    let script = "echo $NOMAD_ALLOC_DIR $NOMAD_TASK_DIR $NOMAD_SECRETS_DIR; \
                  echo $NOMAD_JOB_NAME $NOMAD_TASK_NAME $NOMAD_ALLOC_ID; echo \"$GREETING\"";
    let job = Job::batch("dirs-env", script).task("Env", json!({ "GREETING": "good  day" }));
    let alloc = agent.run(&job);
    assert_eq!(alloc.ended().status, "complete");
    let expected = format!("/alloc /local /secrets\ndirs-env {} {}\ngood  day\n", Job::TASK, alloc.id);
    alloc.log_is("stdout", &expected);
}

pub fn a_template_is_there_before_the_task(agent: &Agent) {
    let template = json!([{
        "EmbeddedTmpl": "task {{ env \"NOMAD_TASK_NAME\" }}\n", "DestPath": "local/rendered",
    }]);
    let job = Job::batch("dirs-template", "cat /local/rendered").task("Templates", template);
    let alloc = agent.run(&job);
    assert_eq!(alloc.ended().status, "complete");
    alloc.log_is("stdout", &format!("task {}\n", Job::TASK));
}
