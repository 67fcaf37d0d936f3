//! The binary as a person uses it: the examples, in memory, with the real driver.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod convert;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nomad-driver-podman"));
    command.args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env_remove("NOMAD_PLUGIN_MAGIC_COOKIE");
    command
}

fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn assert_shows(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} not in\n{text}");
    }
}

#[test]
fn redis_runs_and_is_stopped_on_request() {
    let (status, out, err) = run(&["run", "--for", "1s", "examples/redis.nomad.hcl"]);
    assert_eq!((status, err.as_str()), (Some(0), ""), "{out}");
    assert_shows(&out, &["redis  event    Pulled image", "redis  stdout ", "redis  exit ", "redis  stopped"]);
    assert!(!out.contains('\u{1b}'), "colours without a terminal:\n{out}");
}

#[test]
fn a_batch_job_ends_by_itself() {
    let (status, out, _) = run(&["run", "examples/batch.nomad.hcl"]);
    assert_eq!(status, Some(0), "{out}");
    assert_shows(&out, &["part 0 of report is done", "part 1 of report is done", "sum[1]    succeeded  0"]);
}

#[test]
fn a_service_with_sidecar_and_variables_runs() {
    let (status, out, _) = run(&["run", "--for", "1s", "examples/web.nomad.hcl"]);
    assert_eq!(status, Some(0), "{out}");
    assert_shows(&out, &["goodbye  stdout   web is done", "server   stopped", "probe    stopped"]);
    let args = ["run", "--for", "1s", "--var", "tag=7.4", "examples/variables.nomad.hcl"];
    let (status, out, _) = run(&args);
    assert_eq!(status, Some(0), "{out}");
    assert_shows(&out, &["Pulled image docker.io/library/redis:7.4"]);
}

#[test]
fn what_cannot_be_used_is_told_with_status_2_and_no_job_with_status_1() {
    let (status, out, err) = run(&[]);
    assert_eq!((status, out.as_str()), (Some(1), ""));
    assert_shows(&err, &["plugin_dir", "nomad-driver-podman run JOB.nomad.hcl"]);
    let (status, _, err) = run(&["run", "gone.nomad.hcl"]);
    assert_eq!(status, Some(2));
    assert_shows(&err, &["gone.nomad.hcl: No such file"]);
    assert_eq!(run(&["run", "--for", "soon", "x"]).0, Some(2));
}

#[test]
fn the_schema_is_the_reference_page_or_json() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference.md")).unwrap();
    assert_eq!(run(&["schema"]), (Some(0), page, String::new()));
    let (status, out, _) = run(&["schema", "--format", "json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&out).unwrap();
    assert!(status == Some(0) && rows.iter().any(|row| row["name"] == "image"), "{out}");
}

#[test]
fn validate_tells_with_its_status_what_it_found() {
    let (status, out, err) = run(&["validate", "examples/redis.nomad.hcl", "examples/web.nomad.hcl"]);
    assert_eq!((status, err.as_str()), (Some(0), ""), "{out}");
    assert_shows(&out, &["0 problems and 0 warnings in 2 files"]);
    let (status, out, _) = run(&["validate", "tests/validate/typos.nomad.hcl"]);
    assert_eq!(status, Some(1));
    assert_shows(&out, &["tests/validate/typos.nomad.hcl:7:9", "^^^^^", "did you mean image?"]);
    assert_eq!(run(&["validate", "tests/validate/unknown.nomad.hcl"]).0, Some(0), "only a warning");
    let client = "tests/validate/policy.client.hcl";
    let (status, out, _) = run(&["validate", "--agent-config", client, "tests/validate/policy.nomad.hcl"]);
    assert_eq!(status, Some(1));
    assert_shows(&out, &["refused by allow_privileged"]);
    for line in [&["validate", "gone.nomad.hcl"][..], &["validate"], &["validate", "--format", "x", "j"]] {
        assert_eq!(run(line).0, Some(2), "{line:?}");
    }
}

/// A run of the redis example without end, once its server is up.
fn endless() -> (Child, BufReader<std::process::ChildStdout>) {
    let mut command = command(&["run", "--for", "0", "examples/redis.nomad.hcl"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("stdout") {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0);
    }
    (child, lines)
}

fn interrupt(child: &Child) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
}

#[test]
fn ctrl_c_stops_the_tasks() {
    let (mut child, mut lines) = endless();
    interrupt(&child);
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{rest}");
    assert_shows(&rest, &["Interrupted: stopping all tasks", "redis  stopped"]);
}

#[test]
fn a_reader_that_went_away_ends_the_run_quietly() {
    let (mut child, lines) = endless();
    drop(lines);
    // The next line finds out.
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
