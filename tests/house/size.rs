//! Small rooms: no file over 400 lines, and main under 60. Functions are clippy's job (`too_many_lines`).

use super::source::sources;

fn longer_than(limit: usize, chosen: impl Fn(&str) -> bool) -> Vec<String> {
    sources()
        .into_iter()
        .filter(|source| chosen(&source.path))
        .map(|source| (source.text.lines().count(), source.path))
        .filter(|(lines, _)| *lines > limit)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect()
}

#[test]
fn no_file_is_longer_than_400_lines() {
    assert_eq!(longer_than(400, |_| true), [""; 0]);
}

#[test]
fn main_only_wires() {
    assert_eq!(longer_than(60, |path| path == "src/main.rs"), [""; 0]);
}

#[test]
fn every_mod_rs_opens_with_its_purpose() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|source| source.path.ends_with("/mod.rs") && !source.text.starts_with("//!"))
        .map(|source| source.path)
        .collect();
    assert_eq!(silent, [""; 0]);
}
