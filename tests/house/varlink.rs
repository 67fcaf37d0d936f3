//! What is said over varlink is what `proto/io.podman.varlink` has: by the adapter, and by the service that it is tried
//! against.

use super::source::{Source, sources};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

type Words = BTreeSet<String>;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// The words behind each `mark` in `text`.
fn behind(text: &str, mark: &str) -> Words {
    text.split(mark).skip(1).map(word).filter(|word| !word.is_empty()).collect()
}

/// Methods, fields of `Create`, errors.
fn interface() -> (Words, Words, Words) {
    let text = read("proto/io.podman.varlink");
    let create = text.split("type Create (").nth(1).unwrap().split(')').next().unwrap();
    let fields = create.split(',').map(|field| word(field.trim())).collect();
    (behind(&text, "\nmethod "), fields, behind(&text, "\nerror "))
}

/// The adapter without its tests.
fn adapter() -> Vec<Source> {
    let mut adapter = sources();
    adapter
        .retain(|it| it.path.starts_with("src/adapters/podman/varlink/") && !it.path.ends_with("tests.rs"));
    adapter
}

fn double() -> String {
    ["methods", "service", "create"].map(|file| read(&format!("tests/contract/double/{file}.rs"))).concat()
}

#[test]
fn every_method_is_in_the_interface() {
    let (methods, _, _) = interface();
    let asks = |text: &str| &behind(text, "Ask::query(\"") | &behind(text, "Ask::change(\"");
    let mut asked: Words = adapter().iter().flat_map(|source| asks(&source.text)).collect();
    assert!(asked.remove("org"), "the service itself is asked what it is");
    let arms = |line: &&str| line.contains("\" =>") || line.contains("method == ");
    let known = behind(&double().lines().filter(arms).collect::<String>(), "\"io.podman.");
    assert_eq!(asked, methods, "what is asked, and the interface");
    assert_eq!(known, methods, "what the service of ours knows, and the interface");
}

#[test]
fn every_field_of_a_create_is_in_the_interface() {
    let (_, fields, _) = interface();
    let specs = adapter().into_iter().filter(|source| source.path.contains("/spec/"));
    let sets = |text: &str| {
        let marks = [".set(\"", ".set_some(\"", ".list(\""];
        marks.iter().flat_map(|mark| behind(text, mark)).collect::<Words>()
    };
    let sent: Words = specs.flat_map(|source| sets(&source.text)).collect();
    assert_eq!(sent, fields, "what is sent, and the interface");
    let create = double();
    let create = create.split("struct Create {").nth(1).unwrap().split('}').next().unwrap();
    let known: Words =
        create.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| camel(name)).collect();
    assert_eq!(known, fields, "what the service of ours knows, and the interface");
}

fn camel(name: &str) -> String {
    let mut parts = name.trim().split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| name + &part[..1].to_uppercase() + &part[1..])
}

#[test]
fn every_error_that_means_something_is_in_the_interface() {
    let (_, _, errors) = interface();
    let refusal = read("src/adapters/podman/varlink/refusal.rs");
    let names = refusal.split("match name {").nth(1).unwrap().split("_ =>").next().unwrap();
    let known: Words = names.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    assert_eq!(known, errors);
}
