//! The table on the terminal, and the JSON file beside it.

use crate::args::Args;
use crate::board::{Board, Column};
use crate::rows::Row;
use crate::table::ROWS;
use crate::{commit, machine};
use serde_json::{Map, Value, json};
use std::path::Path;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const TITLE: usize = 64;
const CELL: usize = 16;
/// In the cell of what was not measured.
pub const NOTHING: &str = "-";

/// One column per driver, the ratio of the first two, the goal.
pub fn print(board: &Board) {
    let two = board.sides.len() > 1;
    let names: String = board.sides.iter().map(|side| format!("{:>CELL$}", shortened(&side.name))).collect();
    let ratio = if two { format!("{:>10}", "ratio") } else { String::new() };
    println!("\n{:<TITLE$} {:<5}{names}{ratio}  goal", "", "");
    for row in ROWS {
        if let Some(line) = board.with_columns(|columns, _| line(row, columns, &board.figures(row), two)) {
            println!("{}", line.trim_end());
        }
    }
    board.with_columns(|columns, skipped| {
        for (side, Column { failures, .. }) in board.sides.iter().zip(columns) {
            failures.iter().for_each(|failure| {
                println!("\nFAILED {}: {}: {}", side.name, failure.measurement, failure.reason);
            });
        }
        skipped.iter().for_each(|what| println!("\nSKIPPED {what}"));
    });
}

/// `None` if there is nothing to tell.
fn line(row: &Row, columns: &[Column], figures: &[Option<f64>], two: bool) -> Option<String> {
    let cells: Vec<String> =
        columns.iter().zip(figures).map(|(column, figure)| cell(row, column, *figure)).collect();
    if cells.iter().all(|cell| cell == NOTHING) {
        return None;
    }
    let ratio = match (two, figures[0], figures.get(1).copied().flatten()) {
        (false, ..) => String::new(),
        (true, Some(ours), Some(other)) if other != 0.0 => format!("{:>10.3}", ours / other),
        _ => format!("{:>10}", ""),
    };
    let (title, goal, verdict) = (row.title(&columns[0].samples), row.goal(), row.verdict(figures).word());
    let cells: String = cells.iter().map(|cell| format!("{cell:>CELL$}")).collect();
    Some(format!("{title:<TITLE$} {:<5}{cells}{ratio}  {goal:<12} {verdict}", row.unit))
}

/// A figure of a measurement that failed later on is told as well, and the failure below the table.
pub fn cell(row: &Row, column: &Column, figure: Option<f64>) -> String {
    match figure {
        None if column.failed(row.of) => "failed".to_owned(),
        None => NOTHING.to_owned(),
        Some(figure) if figure.abs() < 10.0 => format!("{figure:.3}"),
        Some(figure) => format!("{figure:.1}"),
    }
}

/// The end of a name tells more than its beginning.
fn shortened(name: &str) -> String {
    let skip = name.chars().count().saturating_sub(CELL - 2);
    name.chars().skip(skip).collect()
}

/// Every figure and every sample, and what is needed to judge and repeat them.
pub fn write(board: &Board, args: &Args) {
    let all = board.with_columns(|columns, skipped| {
        json!({
            "date": OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
            "commit": commit::commit(Path::new(env!("CARGO_MANIFEST_DIR"))).map(|commit| commit.name),
            "flags": args.flags(),
            "machine": machine::describe(),
            "skipped": skipped,
            "rows": ROWS.iter().map(|row| row_of(row, columns, &board.figures(row))).collect::<Vec<_>>(),
            "drivers": board.sides.iter().zip(columns).map(|(side, column)| json!({
                "name": side.name,
                "binary": side.binary,
                "version": column.version,
                "figures": figures(column),
                "samples": column.samples,
                "failures": failures(column),
            })).collect::<Vec<_>>(),
        })
    });
    let path = &args.json;
    let written = path
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(path, serde_json::to_string_pretty(&all).unwrap_or_default()));
    match written {
        Ok(()) => println!("\nwritten to {}", path.display()),
        Err(error) => println!("\ncannot write {}: {error}", path.display()),
    }
}

fn row_of(row: &Row, columns: &[Column], figures: &[Option<f64>]) -> Value {
    let (title, verdict) = (row.title(&columns[0].samples), row.verdict(figures).word());
    json!({
        "key": row.key,
        "measurement": row.of,
        "title": title.trim(),
        "unit": row.unit,
        "goal": row.goal(),
        "verdict": verdict,
    })
}

fn figures(column: &Column) -> Map<String, Value> {
    let figure = |row: &Row| Some((row.key.to_owned(), row.figure.of(&column.samples)?.into()));
    ROWS.iter().filter_map(figure).collect()
}

fn failures(column: &Column) -> Vec<Value> {
    column.failures.iter().map(|failure| json!([failure.measurement, failure.reason])).collect()
}
