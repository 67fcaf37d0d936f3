//! A report as SARIF 2.1.0, which code review tools show at the lines.

use super::super::jobfile::{Finding, Rule};
use super::json::{Position, level_name, position};
use super::report::{Level, Report, rule};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

/// What a path may have and a URI may not.
const NOT_IN_A_PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'[').add(b']');

const RULES: [Rule; 8] = [
    Rule::Job,
    Rule::UnknownOption,
    Rule::Option,
    Rule::Unknown,
    Rule::NoEffect,
    Rule::Policy,
    Rule::Agent,
    Rule::Podman,
];

/// The report as SARIF.
///
/// # Errors
/// None in practice; those of the encoder.
pub fn render(report: &Report) -> serde_json::Result<String> {
    let results: Vec<Value> = report.findings().map(|(level, finding)| result(level, finding)).collect();
    let rules = RULES.map(rule).map(|(id, text)| json!({ "id": id, "shortDescription": { "text": text } }));
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            // Columns count characters, not the UTF-16 units that are the format's default.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&log)? + "\n")
}

fn result(level: Level, finding: &Finding) -> Value {
    let lines = std::iter::once(&finding.reason).chain(&finding.help);
    let text = lines.map(String::as_str).collect::<Vec<_>>().join("\n");
    json!({
        "ruleId": rule(finding.rule).0,
        "level": level_name(level),
        "message": { "text": text },
        "locations": position(finding).map(location).into_iter().collect::<Vec<_>>(),
    })
}

fn location(Position { file, line, column, end_line, end_column }: Position<'_>) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": utf8_percent_encode(file, NOT_IN_A_PATH).to_string() },
        "region": {
            "startLine": line,
            "startColumn": column,
            "endLine": end_line,
            "endColumn": end_column,
        },
    } })
}
