//! The inputs that the fuzz targets begin with, and those of the repository that they read, given to the same functions
//! on any toolchain: what was ever found by one of them stays found.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]
#![allow(dead_code, reason = "some entries of the targets are for libFuzzer alone")]

#[path = "../../fuzz/src/entries/mod.rs"]
mod entries;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn inside(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Each target with the files it begins with; see `fuzz/run.sh`.
fn seeds() -> Vec<(String, PathBuf)> {
    let own = inside("fuzz/seeds").into_iter().flat_map(|folder| {
        let target = name(&folder);
        let files = inside(&format!("fuzz/seeds/{target}"));
        files.into_iter().map(move |file| (target.clone(), file))
    });
    let jobs = ["examples", "tests/validate", "tests/cli/convert"].into_iter().flat_map(inside);
    let jobs =
        jobs.flat_map(|file| ["hcl_job", "hcl_convert"].map(|target| (target.to_owned(), file.clone())));
    own.chain(jobs).collect()
}

#[test]
fn what_the_targets_begin_with_passes() {
    for (target, file) in seeds() {
        let bytes = fs::read(&file).unwrap();
        assert!(entries::run(&target, &bytes), "no target is called {target}");
        // Cut and broken: not every part of a file is as well formed as the whole.
        for at in (0..bytes.len()).step_by(bytes.len() / 16 + 1) {
            entries::run(&target, &bytes[at..]);
            entries::run(&target, &bytes[..at]);
            let mut broken = bytes.clone();
            broken[at] ^= 0x20;
            entries::run(&target, &broken);
        }
    }
}

#[test]
fn every_target_has_a_program_and_something_to_begin_with() {
    let entries: BTreeSet<String> = entries::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    let seeded: BTreeSet<String> = seeds().into_iter().map(|(target, _)| target).collect();
    assert_eq!(seeded, entries);
    let programs = inside("fuzz/fuzz_targets").into_iter().map(|file| name(&file.with_extension("")));
    let programs: BTreeSet<String> = programs.filter(|name| name != "any").collect();
    assert_eq!(programs, entries);
}

#[test]
fn the_first_byte_chooses_among_all() {
    for first in 0..=u8::MAX {
        entries::any(&[first, b'x', 0]);
    }
    entries::any(&[]);
}
