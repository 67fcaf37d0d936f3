//! Imports run one way: `main -> adapters, driver -> ports -> domain`; adapters never import each other.

use super::source::{Source, sources};

/// The first two steps of every `crate::` path in a file, comments left out.
fn crate_paths(text: &str) -> Vec<String> {
    let code =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    code.split("crate::")
        .skip(1)
        .map(|rest| rest.split(|c| !word(c)).next().unwrap_or_default().to_owned())
        .collect()
}

fn offenders(inside: &str, allowed: &[&str]) -> Vec<String> {
    let within =
        |path: &str| allowed.iter().any(|room| path == *room || path.starts_with(&format!("{room}::")));
    sources()
        .into_iter()
        .filter(|source| source.path.starts_with(inside))
        .flat_map(|Source { path, text }| {
            crate_paths(&text).into_iter().map(move |import| (path.clone(), import))
        })
        .filter(|(_, import)| !within(import))
        .map(|(path, import)| format!("{path} imports {import}"))
        .collect()
}

#[test]
fn the_domain_imports_nothing_but_itself() {
    assert_eq!(offenders("src/domain/", &["domain"]), [""; 0]);
}

#[test]
fn ports_import_the_domain_only() {
    assert_eq!(offenders("src/ports/", &["domain", "ports"]), [""; 0]);
}

#[test]
fn the_driver_knows_no_adapter() {
    assert_eq!(offenders("src/driver/", &["domain", "ports", "driver"]), [""; 0]);
}

#[test]
fn adapters_do_not_import_each_other() {
    for adapter in ["nomad", "podman", "memory", "cli", "credentials"] {
        let own = format!("adapters::{adapter}");
        let mut allowed = vec!["domain", "ports", "adapters::paths", "adapters::system", own.as_str()];
        // The inbound sides call the driver; the outbound ones are called by it.
        if matches!(adapter, "nomad" | "cli") {
            allowed.push("driver");
        }
        assert_eq!(offenders(&format!("src/adapters/{adapter}/"), &allowed), [""; 0], "{adapter}");
    }
}

/// It composes, as `main` does; of Nomad's wire it needs the bytes of handles, of the machine the number of cores and
/// the time that a sweep took.
#[test]
fn the_simulation_composes_and_nobody_imports_it() {
    let rooms = [
        "domain",
        "ports",
        "driver",
        "adapters::memory",
        "adapters::nomad",
        "adapters::cli",
        "adapters::system",
    ];
    assert_eq!(offenders("src/simulation/", &rooms), [""; 0]);
    let above = sources().into_iter().filter(|source| source.path != "src/main.rs");
    let importing = above.filter(|source| source.text.contains("crate::simulation"));
    assert_eq!(importing.map(|source| source.path).collect::<Vec<_>>(), [""; 0]);
}

/// The driver and the ports reach the machine through ports only: simulations replace those.
#[test]
fn only_adapters_ask_the_machine() {
    let asks = [
        "std::fs",
        "std::env",
        "std::net::Tcp",
        "std::process::Command",
        "std::thread",
        "SystemTime",
        "Instant",
    ];
    let rooms = ["src/driver/", "src/ports/", "src/domain/", "src/simulation/"];
    let inner = sources().into_iter().filter(|source| rooms.iter().any(|room| source.path.starts_with(room)));
    let found: Vec<String> = inner
        // A sweep of worlds runs on all cores.
        .filter(|source| !source.path.ends_with("tests.rs") && source.path != "src/simulation/sweep.rs")
        .flat_map(|source| asks.map(|ask| (source.text.contains(ask), format!("{}: {ask}", source.path))))
        .filter_map(|(asked, place)| asked.then_some(place))
        .collect();
    assert_eq!(found, [""; 0]);
}

/// Without `biased` tokio chooses at random, and the same seed would not be the same world.
#[test]
fn every_select_is_biased() {
    let rooms = ["src/driver/", "src/ports/", "src/adapters/memory/", "src/simulation/"];
    let inner = sources().into_iter().filter(|source| rooms.iter().any(|room| source.path.starts_with(room)));
    let unbiased = inner.filter(|source| {
        source.text.split("select! {").skip(1).any(|arms| !arms.trim_start().starts_with("biased;"))
    });
    assert_eq!(unbiased.map(|source| source.path).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_wrong_import_would_be_seen() {
    let text =
        "use crate::driver::Driver;\n// crate::ports in a comment\nfn f(x: crate::adapters::nomad::X) {}";
    assert_eq!(crate_paths(text), ["driver::Driver", "adapters::nomad::X"]);
}
