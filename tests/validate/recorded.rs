//! Job files and what is said of them, side by side; `UPDATE_DOCS=1` records anew.

use super::report;
use nomad_driver_podman::adapters::cli::validate::text;
use std::fs;
use std::path::{Path, PathBuf};

fn jobs(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut jobs: Vec<PathBuf> =
        paths.filter(|path| path.to_string_lossy().ends_with(".nomad.hcl")).collect();
    jobs.sort();
    jobs
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn each_file_gets_the_diagnostics_recorded_beside_it() {
    let mut stale = vec![];
    for path in jobs("tests/validate") {
        let beside = |suffix: &str| path.with_file_name(name(&path).replace(".nomad.hcl", suffix));
        let client = beside(".client.hcl");
        let client = fs::read_to_string(&client).ok().map(|text| (name(&client), text));
        let client = client.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
        let report = report(&name(&path), &fs::read_to_string(&path).unwrap(), client);
        let said = text::render(&report, false);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(beside(".txt"), &said).unwrap();
        }
        let recorded = fs::read_to_string(beside(".txt")).unwrap_or_default();
        if said != recorded {
            stale.push(format!("{}:\n{said}", path.display()));
        }
    }
    assert!(stale.is_empty(), "UPDATE_DOCS=1 cargo test --test validate records anew:\n{}", stale.join("\n"));
}

#[test]
fn the_examples_are_clean() {
    for path in jobs("examples") {
        let report = report(&name(&path), &fs::read_to_string(&path).unwrap(), None);
        assert_eq!(report.findings().count(), 0, "{}", text::render(&report, false));
        assert!(report.tasks() > 0, "{}", path.display());
    }
}
