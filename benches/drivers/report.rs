//! The table on the terminal, and the JSON file beside it.

use crate::board::{Board, Column};
use crate::machine;
use crate::rows::{ROWS, Row, Verdict};
use serde_json::{Map, Value, json};
use std::path::Path;

const TITLE: usize = 58;
const CELL: usize = 16;

/// One column per driver, the ratio of the first two, the goal.
pub fn print(board: &Board) {
    let two = board.sides.len() > 1;
    let names: String = board.sides.iter().map(|side| format!("{:>CELL$}", shortened(&side.name))).collect();
    let ratio = if two { format!("{:>10}", "ratio") } else { String::new() };
    println!("\n{:<TITLE$} {:<5}{names}{ratio}  goal", "", "");
    for row in ROWS {
        let figures = board.figures(row);
        if figures.iter().any(Option::is_some) {
            println!("{}", line(row, &figures, two).trim_end());
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

fn line(row: &Row, figures: &[Option<f64>], two: bool) -> String {
    let cells: String = figures.iter().map(|figure| format!("{:>CELL$}", cell(*figure))).collect();
    let ratio = match (two, figures[0], figures.get(1).copied().flatten()) {
        (false, ..) => String::new(),
        (true, Some(ours), Some(other)) if other != 0.0 => format!("{:>10.3}", ours / other),
        _ => format!("{:>10}", ""),
    };
    let verdict = match row.verdict(figures) {
        Verdict::Open => "",
        Verdict::Met => "met",
        Verdict::Missed => "NOT MET",
    };
    format!("{:<TITLE$} {:<5}{cells}{ratio}  {:<12} {verdict}", row.title, row.unit, row.goal())
}

fn cell(figure: Option<f64>) -> String {
    match figure {
        None => "-".to_owned(),
        Some(figure) if figure.abs() < 10.0 => format!("{figure:.3}"),
        Some(figure) => format!("{figure:.1}"),
    }
}

/// The end of a name tells more than its beginning.
fn shortened(name: &str) -> String {
    let skip = name.chars().count().saturating_sub(CELL - 2);
    name.chars().skip(skip).collect()
}

/// Every figure and every sample.
pub fn write(board: &Board, path: &Path) {
    let drivers: Vec<Value> = board.with_columns(|columns, _| {
        let sides = board.sides.iter().zip(columns).enumerate();
        sides.map(|(side, (of, column))| driver(board, side, &of.name, column)).collect()
    });
    let rows: Vec<Value> = ROWS
        .iter()
        .map(|row| json!({ "key": row.key, "title": row.title.trim(), "unit": row.unit, "goal": row.goal() }))
        .collect();
    let all = json!({ "machine": machine::describe(), "rows": rows, "drivers": drivers });
    let written = path
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(path, serde_json::to_string_pretty(&all).unwrap_or_default()));
    match written {
        Ok(()) => println!("\nwritten to {}", path.display()),
        Err(error) => println!("\ncannot write {}: {error}", path.display()),
    }
}

fn driver(board: &Board, side: usize, name: &str, column: &Column) -> Value {
    let figures: Map<String, Value> = ROWS
        .iter()
        .filter_map(|row| Some((row.key.to_owned(), row.figure.of(&column.samples)?.into())))
        .collect();
    let failures: Vec<Value> =
        column.failures.iter().map(|failure| json!([failure.measurement, failure.reason])).collect();
    let binary = &board.sides[side].binary;
    json!({ "name": name, "binary": binary, "figures": figures, "samples": column.samples, "failures": failures })
}
