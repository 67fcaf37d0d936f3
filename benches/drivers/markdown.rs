//! The table once more, as part of a document: docs/performance.md.

use crate::board::{Board, Column};
use crate::report;
use crate::rows::Row;
use crate::table::ROWS;
use std::path::Path;

const BEGIN: &str = "<!-- begin of the table that `--markdown` writes -->\n";
const END: &str = "<!-- end of the table -->\n";

/// Puts the table where the document has its place.
pub fn write(board: &Board, path: &Path) {
    let written = std::fs::read_to_string(path).map_err(|error| error.to_string()).and_then(|text| {
        let whole = replaced(&text, &table(board)).ok_or("it has no place for a table")?;
        std::fs::write(path, whole).map_err(|error| error.to_string())
    });
    match written {
        Ok(()) => println!("the table is in {}", path.display()),
        Err(error) => println!("cannot put the table into {}: {error}", path.display()),
    }
}

/// `None` without a place.
fn replaced(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some([before, BEGIN, table, END, after].concat())
}

fn table(board: &Board) -> String {
    let names: String = board.sides.iter().map(|side| format!(" {} |", side.name)).collect();
    let lines = names.matches('|').map(|_| " --- |").collect::<String>();
    let head = format!("| row | figure | unit |{names} goal | |\n| --- | --- | --- |{lines} --- | --- |\n");
    let row = |row: &Row| board.with_columns(|columns, _| line(row, columns, &board.figures(row)));
    head + &ROWS.iter().filter_map(row).collect::<String>()
}

fn line(row: &Row, columns: &[Column], figures: &[Option<f64>]) -> Option<String> {
    let cells: Vec<String> =
        columns.iter().zip(figures).map(|(column, figure)| report::cell(row, column, *figure)).collect();
    if cells.iter().all(|cell| cell == report::NOTHING) {
        return None;
    }
    let (title, verdict) = (row.title(&columns[0].samples), row.verdict(figures).word());
    let (title, goal, cells) = (title.trim(), row.goal(), cells.join(" | "));
    Some(format!("| `{}` | {title} | {} | {cells} | {goal} | {verdict} |\n", row.key, row.unit))
}
