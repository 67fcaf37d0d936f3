//! `convert` as a person uses it, with what it prints recorded beside each job; `UPDATE_DOCS=1` records anew.

use super::{assert_shows, run};
use std::fs;
use std::path::{Path, PathBuf};

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/convert").join(name)
}

/// Compares what was said with what is on record.
fn compare(name: &str, said: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(recorded(name), said).unwrap();
    }
    let before = fs::read_to_string(recorded(name)).unwrap_or_default();
    assert!(said == before, "{name}: UPDATE_DOCS=1 cargo test --test cli convert records anew:\n{said}");
}

#[test]
fn jobs_are_converted_as_recorded() {
    for (job, expected) in [("web", 1), ("old", 1), ("same", 0)] {
        let (status, out, err) = run(&["convert", &format!("tests/cli/convert/{job}.nomad.hcl")]);
        assert_eq!(status, Some(expected), "{err}");
        compare(&format!("{job}.podman.hcl"), &out);
        compare(&format!("{job}.txt"), &err);
    }
}

#[test]
fn a_file_is_converted_in_place_once_and_then_runs() {
    let dir = tempfile::tempdir().unwrap();
    let job = dir.path().join("same.nomad.hcl");
    fs::copy(recorded("same.nomad.hcl"), &job).unwrap();
    let job_name = job.to_str().unwrap();
    let (status, out, err) = run(&["convert", "--check", job_name]);
    assert_eq!((status, out.as_str()), (Some(1), ""), "there is something to convert: {err}");
    let (status, out, err) = run(&["convert", "--write", job_name]);
    assert_eq!((status, out.as_str()), (Some(0), ""), "{err}");
    assert_shows(
        &err,
        &["same.nomad.hcl:7:16: driver is now podman", "1 task for Podman in 1 file: 4 changes"],
    );
    assert_eq!(fs::read(&job).unwrap(), fs::read(recorded("same.podman.hcl")).unwrap());
    let (status, _, err) = run(&["convert", "--check", job_name]);
    assert_eq!(status, Some(0), "{err}");
    assert_shows(&err, &["0 tasks for Podman in 1 file: 0 changes"]);
    assert_eq!(run(&["validate", job_name]).0, Some(0));
    let (status, out, _) = run(&["run", "--for", "1s", job_name]);
    assert_eq!(status, Some(0), "{out}");
}

#[test]
fn what_cannot_be_read_is_told_with_status_2_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let job = dir.path().join("broken.nomad.hcl");
    fs::write(&job, "job \"x\" {\n  driver = \"docker\"\n").unwrap();
    let (status, out, err) = run(&["convert", "-w", job.to_str().unwrap()]);
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert_shows(&err, &["broken.nomad.hcl:2:20", "expected"]);
    assert!(fs::read_to_string(&job).unwrap().ends_with("\"docker\"\n"));
    for line in [&["convert"][..], &["convert", "gone.nomad.hcl"], &["convert", "-w", "--check", "x"]] {
        assert_eq!(run(line).0, Some(2), "{line:?}");
    }
}
