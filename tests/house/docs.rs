//! What the documents name as proof exists.

use std::fs;
use std::path::{Path, PathBuf};

const DOCS: [&str; 7] = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/reliability.md",
    "docs/takeover.md",
    "docs/hardening.md",
    "docs/podman1.md",
    "docs/performance.md",
];

/// Texts in backticks of one line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_path(text: &str) -> bool {
    let is_command = text.contains(' ');
    ["src/", "tests/", "benches/", "docs/", "fuzz/", "examples/"]
        .iter()
        .any(|root| !is_command && text.starts_with(root))
}

fn is_function(text: &str) -> bool {
    text.contains('_') && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Rust text below a path.
fn text_of(path: &Path) -> String {
    if !path.is_dir() {
        return fs::read_to_string(path).unwrap_or_default();
    }
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|entry| text_of(&entry)).collect()
}

/// What a line names and is not there. A function is looked for in the file that is named before it, and a file
/// without a folder beside the one before it.
fn missing(root: &Path, line: &str) -> Vec<String> {
    let mut file: Option<PathBuf> = None;
    let mut missing = Vec::new();
    for name in quoted(line) {
        let folder = |file: &PathBuf| {
            if file.is_dir() { Some(file.clone()) } else { file.parent().map(Path::to_owned) }
        };
        let beside = file.as_ref().filter(|_| !name.contains('/')).and_then(folder);
        if is_path(name) {
            let path = root.join(name);
            missing.extend((!path.exists()).then(|| name.to_owned()));
            file = Some(path);
        } else if let (Some(dir), true) = (beside, name.ends_with(".rs")) {
            let path = dir.join(name);
            missing.extend((!path.exists()).then(|| name.to_owned()));
            file = Some(path);
        } else if let (Some(file), true) = (&file, is_function(name)) {
            let is_there = text_of(file).contains(&format!("fn {name}("));
            missing.extend((!is_there).then(|| format!("{name} in {}", file.display())));
        }
    }
    missing
}

#[test]
fn every_file_and_function_that_a_document_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for doc in DOCS {
        let text = fs::read_to_string(root.join(doc)).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with("    "));
        let missing: Vec<String> = lines.flat_map(|line| missing(root, line)).collect();
        assert_eq!(missing, [""; 0], "{doc}");
    }
}

/// Rows of the tables of a document, without their heads.
fn rows(text: &str) -> Vec<&str> {
    let head = |lines: &[&str]| lines[1].starts_with("| --") || lines[0].starts_with("| --");
    let lines: Vec<&str> = text.lines().collect();
    lines.windows(2).filter(|pair| pair[0].starts_with('|') && !head(pair)).map(|pair| pair[0]).collect()
}

#[test]
fn every_promise_of_reliability_names_what_shows_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/reliability.md")).unwrap();
    let promises = text.split("## Invariants").nth(1).unwrap();
    let silent: Vec<&str> = rows(promises).into_iter().filter(|row| !quoted(row).any(is_path)).collect();
    assert!(rows(promises).len() > 25);
    assert_eq!(silent, [""; 0]);
}

#[test]
fn a_name_that_does_not_exist_is_noticed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(missing(root, "`tests/house/docs.rs`, `missing`, `is_path` and `src/lib.rs`"), [""; 0]);
    assert_eq!(missing(root, "`tests/house/none.rs`"), ["tests/house/none.rs"]);
    assert_eq!(missing(root, "`tests/house/docs.rs`, `none.rs`"), ["none.rs"]);
    assert_eq!(missing(root, "`tests/house/docs.rs`, `is_none`").len(), 1);
}
