//! The forms of a report, and texts that nobody would write.

use super::report;
use nomad_driver_podman::adapters::cli::jobfile::{Inputs, Purpose, Source};
use nomad_driver_podman::adapters::cli::validate::args::TargetPodman;
use nomad_driver_podman::adapters::cli::validate::report::Report;
use nomad_driver_podman::adapters::cli::validate::{job as judge, json, sarif, text};
use proptest::prelude::*;
use serde_json::Value;

const TYPOS: &str = include_str!("typos.nomad.hcl");

#[test]
fn json_has_every_finding_with_its_place() {
    let report = report("typos.nomad.hcl", TYPOS, None);
    let entries: Vec<Value> = serde_json::from_str(&json::render(&report).unwrap()).unwrap();
    assert_eq!(entries.len(), report.findings().count());
    let first = &entries[0];
    assert_eq!((first["file"].as_str(), first["level"].as_str()), (Some("typos.nomad.hcl"), Some("error")));
    assert!(
        entries.iter().any(|entry| entry["rule"] == "unknown-option" && entry["line"] == 7),
        "{entries:?}"
    );
    assert!(entries.iter().all(|entry| entry["line"].as_u64() > Some(0)), "{entries:?}");
}

#[test]
fn sarif_has_every_finding_under_a_declared_rule() {
    let report = report("typos.nomad.hcl", TYPOS, None);
    let log: Value = serde_json::from_str(&sarif::render(&report).unwrap()).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules: Vec<&Value> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), report.findings().count());
    for result in results {
        assert!(rules.contains(&&result["ruleId"]), "{result}");
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(region["startLine"].as_u64() > Some(0) && region["startColumn"].as_u64() > Some(0));
    }
}

/// A job around the inside of a `config` block.
fn job(config: &str) -> String {
    format!(
        "job \"j\" {{\n group \"g\" {{\n task \"t\" {{\n driver = \"podman\"\n config {{\n{config}\n}}\n}}\n}}\n}}\n"
    )
}

/// Renders every form.
fn told(text: &str, client: Option<&str>) -> usize {
    let report = report("any.hcl", text, client.map(|text| ("client.hcl", text)));
    let lengths = [
        text::render(&report, true).len(),
        json::render(&report).unwrap().len(),
        sarif::render(&report).unwrap().len(),
    ];
    lengths.iter().sum()
}

/// Pieces of job files, put together at random.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "image = \"a\"",
        "imgae = 1",
        "mount {",
        "mount \"x\" {",
        "}",
        "{",
        "\n",
        "=",
        "[",
        "]",
        "\"",
        "${",
        "${NOMAD_X}",
        "ports = [\"a\"]",
        "port_map { a = 1 }",
        "network_mode = \"none\"",
        "ü",
        "\t",
        "var.x",
        "type = \"bind\"",
        "dynamic \"mount\" {",
        "for_each = var.y",
        "content {",
        "<<E\n",
        "E\n",
        "%{",
        "#",
        "null",
        "-1",
        "1e999",
        "\r\n",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_text_is_told_about(text in "\\PC{0,80}", inside in pieces()) {
        prop_assert!(told(&text, Some(&inside)) > 0);
        prop_assert!(told(&inside, Some(&text)) > 0);
        prop_assert!(told(&job(&inside), None) > 0);
    }
}

/// What is told of this inside of a `config` block for Podman 1.
fn told_for_podman1(config: &str) -> Vec<String> {
    let text = job(&format!("image = \"redis\"\n{config}"));
    let inputs = Inputs { purpose: Purpose::Judge, ..Inputs::default() };
    let target = judge::Target { plugin: None, podman: Some(TargetPodman::One) };
    let mut report = Report::default();
    judge::check_for(&Source::new("old.hcl", &text), &inputs, target, &mut report);
    let lines = report.findings().map(|(_, finding)| {
        let line = finding.place.as_ref().map_or(0, |place| place.position().0);
        format!("{line} {}", finding.reason)
    });
    lines.collect()
}

#[test]
fn what_podman_1_cannot_do_is_told_at_its_line() {
    assert_eq!(told_for_podman1("hostname = \"h\"\ncap_add = [\"NET_ADMIN\"]"), Vec::<String>::new());
    let told = told_for_podman1("runtime = \"crun\"\nsecrets = [\"tls\"]\nforce_pull = true");
    let expected = [
        "7 runtime: Podman 1 cannot do this: it uses the one of its own configuration",
        "8 secrets: Podman 1 cannot do this: secrets came with 3.1",
    ];
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(expected.iter().all(|line| told.iter().any(|it| it == line)), "{told:?}");
    let plain = report("new.hcl", &job("image = \"redis\"\nruntime = \"crun\""), None);
    assert!(!plain.has_problems(), "others can");
}
