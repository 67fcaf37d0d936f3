//! A report for a person: each finding with its line underlined, and a last line that sums up.

use super::super::jobfile::Finding;
use super::super::jobfile::source::{Place, floor};
use super::report::{Level, Report, rule};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level as Title, Renderer, Snippet};

/// The report as text, with colours if wanted.
pub fn render(report: &Report, colours: bool) -> String {
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for (level, finding) in report.findings() {
        text.push_str(&renderer.render(&groups(level, finding)));
        text.push_str("\n\n");
    }
    text + &summary(report)
}

fn groups(level: Level, finding: &Finding) -> Vec<Group<'_>> {
    let title = match level {
        Level::Problem => Title::ERROR,
        Level::Warning => Title::WARNING,
    };
    let title = title.primary_title(finding.reason.as_str()).id(rule(finding.rule).0);
    let group = match &finding.place {
        Some(place) => title.element(snippet(place)),
        None => Group::with_title(title),
    };
    let help = finding.help.iter().map(|help| Title::HELP.message(help.as_str()));
    vec![help.fold(group, Group::element)]
}

/// Only the line is handed over: the renderer would look through the whole file for each finding.
fn snippet(place: &Place) -> Snippet<'_, Annotation<'_>> {
    let text = place.source.text.as_str();
    let start = floor(text, place.span.start);
    let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let to = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let line = text[from..to].trim_end_matches('\r');
    let end = floor(text, place.span.end).clamp(start, to) - from;
    let start = (start - from).min(line.len());
    let span = start..end.clamp(start, line.len());
    Snippet::source(line)
        .path(place.source.name.as_str())
        .line_start(place.position().0)
        .annotation(AnnotationKind::Primary.span(span))
}

fn summary(report: &Report) -> String {
    let some = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    format!(
        "{} and {} in {} with {} for Podman\n",
        some(report.count(Level::Problem), "problem"),
        some(report.count(Level::Warning), "warning"),
        some(report.files(), "file"),
        some(report.tasks(), "task"),
    )
}
