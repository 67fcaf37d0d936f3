//! The reference page, written from the tables: what a job author looks up.

use super::plugin_options::PLUGIN_TOPICS;
use super::row::{Default, Kind, OptionRow};
use super::task_options::TASK_TOPICS;
use std::fmt::Write;

const HEAD: &str = "\
# Reference: every option

<!-- Written from src/domain/config by `UPDATE_DOCS=1 cargo test --test options`. Change the tables, not this page. -->

Each entry shows the option as it is written, its type, what it is when unset, and since which release the Go
driver (nomad-driver-podman by HashiCorp) has it; \"new\" are those that it has not. Where the two drivers mean
different things by one option, see [differences](differences.md). Maps may be written as blocks or as objects.
";

/// The page as Markdown.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    part(&mut page, "Task options", "In `config { … }` of a task with `driver = \"podman\"`.", TASK_TOPICS);
    let place = "In `plugin \"nomad-driver-podman\" { config { … } }` of the agent's configuration.";
    part(&mut page, "Plugin options", place, PLUGIN_TOPICS);
    page
}

fn part(page: &mut String, title: &str, place: &str, topics: &[(&str, &[OptionRow])]) {
    line(page, format_args!("\n## {title}\n\n{place}"));
    for (topic, rows) in topics {
        line(page, format_args!("\n### {topic}"));
        rows.iter().for_each(|row| entry(page, row, ""));
    }
}

fn entry(page: &mut String, row: &OptionRow, prefix: &str) {
    let path = format!("{prefix}{}", row.name);
    line(page, format_args!("\n**`{path}`** ({}){}\n", facts(row), docker(row)));
    line(page, format_args!("{}", row.doc));
    if !row.constraint.is_empty() {
        line(page, format_args!("\nAccepted: {}.", row.constraint));
    }
    line(page, format_args!("\n```hcl\n{}\n```", row.example));
    if let Kind::Block(rows) | Kind::BlockList(rows) = row.kind {
        // The rules of a policy block are those of the node, which stand above.
        let own = rows.iter().filter(|row| row.name == "namespace" || !row.name.starts_with("allow_"));
        own.for_each(|row| entry(page, row, &format!("{path}.")));
    }
}

fn facts(row: &OptionRow) -> String {
    let unset = match row.default {
        Default::Unset => String::new(),
        Default::Bool(flag) => format!(", default {flag}"),
        Default::Text(text) => format!(", default \"{text}\""),
        Default::Required => ", required".to_owned(),
    };
    let since = if row.since.is_empty() { "new".to_owned() } else { format!("Go driver {}", row.since) };
    format!("{}{unset}; {since}", row.kind.name())
}

fn docker(row: &OptionRow) -> String {
    if row.docker.is_empty() { String::new() } else { format!(" In the Docker driver: `{}`.", row.docker) }
}

fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    let _cannot_fail = writeln!(page, "{text}");
}
