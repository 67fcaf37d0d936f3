//! A report as a list of objects, for programs.

use super::super::jobfile::Finding;
use super::report::{Level, Report, rule};
use serde::Serialize;

/// A finding.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    /// `error` or `warning`.
    level: &'static str,
    rule: &'static str,
    message: &'a str,
    help: &'a [String],
    /// Without one: given on the command line or in the environment.
    #[serde(flatten)]
    place: Option<Position<'a>>,
}

/// Where something is; all numbers count characters from 1, and the end is behind the last one.
#[derive(Debug, Serialize)]
pub(super) struct Position<'a> {
    pub file: &'a str,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

/// The place of a finding.
pub(super) fn position(finding: &Finding) -> Option<Position<'_>> {
    let place = finding.place.as_ref()?;
    let (line, column) = place.position();
    let (end_line, end_column) = place.source.position(place.span.end.max(place.span.start));
    Some(Position { file: &place.source.name, line, column, end_line, end_column })
}

/// The word for a level.
pub(super) fn level_name(level: Level) -> &'static str {
    match level {
        Level::Problem => "error",
        Level::Warning => "warning",
    }
}

/// The report as JSON.
///
/// # Errors
/// None in practice; those of the encoder.
pub fn render(report: &Report) -> serde_json::Result<String> {
    let entry = |(level, finding)| entry(level, finding);
    Ok(serde_json::to_string_pretty(&report.findings().map(entry).collect::<Vec<_>>())? + "\n")
}

fn entry(level: Level, finding: &Finding) -> Entry<'_> {
    Entry {
        level: level_name(level),
        rule: rule(finding.rule).0,
        message: &finding.reason,
        help: &finding.help,
        place: position(finding),
    }
}
