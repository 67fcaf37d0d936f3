//! `schema`: the option tables, for a person or a program.

use super::args::{SchemaArgs, SchemaFormat};
use super::output;
use crate::domain::config::plugin_options::PLUGIN_OPTIONS;
use crate::domain::config::reference;
use crate::domain::config::row::{Default, Kind, OptionRow};
use crate::domain::config::task_options::TASK_OPTIONS;
use serde::Serialize;
use std::io;

/// One option, as programs read it.
#[derive(Debug, Serialize)]
struct Row {
    /// `task` or `plugin`.
    scope: &'static str,
    /// With the blocks around it: `mount.type`.
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    required: bool,
    default: Option<serde_json::Value>,
    constraint: Option<&'static str>,
    example: &'static str,
    doc: &'static str,
    /// First release of the Go driver that has it.
    since: Option<&'static str>,
    /// Its name in the Docker driver, if that is another.
    docker: Option<&'static str>,
}

/// Prints the tables.
///
/// # Errors
/// Standard output cannot be written.
pub fn print(args: &SchemaArgs) -> io::Result<()> {
    let text = match args.format {
        SchemaFormat::Markdown => reference::page(),
        SchemaFormat::Json => json()?,
    };
    output::print(&text, true)
}

/// All rows as a list of objects.
///
/// # Errors
/// None in practice; those of the encoder.
pub fn json() -> serde_json::Result<String> {
    let mut rows = vec![];
    add(&mut rows, "task", TASK_OPTIONS, "");
    add(&mut rows, "plugin", PLUGIN_OPTIONS, "");
    Ok(serde_json::to_string_pretty(&rows)? + "\n")
}

fn add(out: &mut Vec<Row>, scope: &'static str, table: &'static [OptionRow], prefix: &str) {
    for row in table {
        let name = format!("{prefix}{}", row.name);
        let inner = format!("{name}.");
        out.push(entry(scope, row, name));
        if let Kind::Block(rows) | Kind::BlockList(rows) = row.kind {
            add(out, scope, rows, &inner);
        }
    }
}

fn entry(scope: &'static str, row: &'static OptionRow, name: String) -> Row {
    let filled = |text: &'static str| Some(text).filter(|text| !text.is_empty());
    Row {
        scope,
        name,
        kind: row.kind.name(),
        required: matches!(row.default, Default::Required),
        default: match row.default {
            Default::Unset | Default::Required => None,
            Default::Bool(flag) => Some(flag.into()),
            Default::Text(text) => Some(text.into()),
        },
        constraint: filled(row.constraint),
        example: row.example,
        doc: row.doc,
        since: filled(row.since),
        docker: filled(row.docker),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_an_object_that_says_where_it_belongs() {
        let rows: Vec<serde_json::Value> = serde_json::from_str(&json().unwrap()).unwrap();
        let row = |scope: &str, name: &str| {
            rows.iter().find(|row| row["scope"] == scope && row["name"] == name).unwrap().clone()
        };
        assert_eq!(row("task", "image")["required"], true);
        assert_eq!(row("task", "mount.type")["type"], "string");
        assert_eq!(row("task", "static_mac")["docker"], "mac_address");
        assert_eq!(row("plugin", "gc.container")["default"], true);
    }
}
