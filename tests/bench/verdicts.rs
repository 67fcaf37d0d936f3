//! What becomes of samples: figures, goals, the exit status, the names of columns.

use crate::args::Args;
use crate::board::{Board, Outcome, Samples, Side};
use crate::report;
use crate::rows::Figure::{Median, Paired, Steps, Tail};
use crate::rows::{Figure, Row, Verdict};
use crate::table::ROWS;
use clap::Parser;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn samples(of: &[(&'static str, &[f64])]) -> Samples {
    of.iter().map(|(key, samples)| (*key, samples.to_vec())).collect()
}

fn row(key: &str) -> &'static Row {
    ROWS.iter().find(|row| row.key == key).unwrap()
}

fn board(sides: usize) -> Board {
    let side = |number| Side { name: format!("driver {number}"), binary: "/nowhere".into() };
    Board::new((0..sides).map(side).collect())
}

#[test]
fn figures_are_made_of_samples() {
    let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
    let some = samples(&[
        ("one", &[2.0, 30.0, 6.0]),
        ("other", &[1.0, 10.0, 2.0]),
        ("hundred", &hundred),
        ("small", &[1.0]),
        ("large", &[1.5, 0.5, 1.0]),
    ]);
    let figure = |figure: Figure| figure.of(&some);
    assert_eq!(figure(Median("one")), Some(6.0));
    assert_eq!(figure(Median("hundred")), Some(50.5));
    assert_eq!(figure(Tail("hundred")), Some(99.0), "not the worst of them");
    assert_eq!(figure(Tail("one")), Some(30.0), "three have no other");
    assert_eq!(figure(Paired("one", "other")), Some(3.0), "the median of 2, 3 and 3");
    assert_eq!(figure(Steps(&["other", "one", "small", "large"])), Some(3.0), "the worst step, not the ends");
    assert_eq!(figure(Steps(&["one"])), None, "one size is no step");
    assert_eq!(figure(Median("none")), None);
}

#[test]
fn a_tail_says_what_it_is() {
    let title = |samples: usize| {
        let samples = [("exit.above", vec![1.0; samples])].into();
        row("exit_tail_ms").title(&samples).trim().to_owned()
    };
    assert_eq!((title(99), title(100)), ("worst".to_owned(), "p99".to_owned()));
}

#[test]
fn goals_are_limits_from_either_side_or_parts_of_the_other_drivers_figure() {
    let verdict = |key: &str, figures: &[Option<f64>]| row(key).verdict(figures);
    assert_eq!(verdict("start_ratio", &[Some(1.05)]), Verdict::Met);
    assert_eq!(verdict("start_ratio", &[Some(1.06)]), Verdict::Missed);
    assert_eq!(verdict("split_mb_s", &[Some(400.0)]), Verdict::Met);
    assert_eq!(verdict("split_mb_s", &[Some(399.0)]), Verdict::Missed);
    assert_eq!(verdict("handshake_ms", &[Some(1.0)]), Verdict::Open, "nobody to compare with");
    assert_eq!(verdict("handshake_ms", &[Some(1.0), Some(4.0)]), Verdict::Met);
    assert_eq!(verdict("handshake_ms", &[Some(1.0), Some(3.9)]), Verdict::Missed);
    assert_eq!(verdict("start_ratio", &[None, Some(1.0)]), Verdict::Open);
}

#[test]
fn a_missed_goal_and_a_driver_that_failed_are_no_success() {
    let met = board(2);
    met.add(0, vec![("binary", 11.0)]);
    assert_eq!(met.outcome(), Outcome::Met);
    let missed = board(2);
    missed.add(0, vec![("binary", 13.0)]);
    assert_eq!(missed.outcome(), Outcome::Missed);
    let failed = board(2);
    failed.add(0, vec![("binary", 13.0)]);
    failed.fail(1, "start", "it died".to_owned());
    assert_eq!(failed.outcome(), Outcome::Failed, "whichever column it is");
}

#[test]
fn a_cell_of_a_measurement_that_failed_says_so() {
    let board = board(1);
    board.add(0, vec![("rate.1", 2.5)]);
    board.fail(0, "population", "it hung".to_owned());
    let cell = |key: &str| {
        let row = row(key);
        board.with_columns(|columns, _| report::cell(row, &columns[0], row.figure.of(&columns[0].samples)))
    };
    assert_eq!(cell("rate_1"), "2.500", "what was ready counts");
    assert_eq!((cell("rate_16").as_str(), cell("start_ms").as_str()), ("failed", "-"));
}

#[test]
fn drivers_of_one_file_name_have_columns_of_their_own() {
    let words = ["bench", "--driver", "/a/driver", "--driver", "/b/driver", "--driver", "/c/other"];
    let names: Vec<String> = Args::parse_from(words).sides().into_iter().map(|side| side.name).collect();
    assert_eq!(names, ["this driver", "driver", "driver #2", "other"]);
}

#[test]
fn every_row_has_a_key_of_its_own() {
    let keys: BTreeSet<&str> = ROWS.iter().map(|row| row.key).collect();
    assert_eq!(keys.len(), ROWS.len());
}

/// Texts in backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Rows of tables that say they come from `make bench`: their cells.
fn promises(text: &str) -> Vec<Vec<&str>> {
    let lines = text.lines().filter(|line| line.starts_with('|') && line.contains("`make bench`"));
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// `1.03`, `100` of "1.03 times with 100 tasks".
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|other: char| !other.is_ascii_digit() && other != '.' && other != ',');
    words.map(|word| word.trim_matches(['.', ','])).filter(|word| !word.is_empty())
}

#[test]
fn the_readme_quotes_figures_of_the_table_only_and_only_such_as_are_written_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| fs::read_to_string(root.join(file)).unwrap();
    let (readme, performance) = (read("README.md"), read("docs/performance.md"));
    let promises = promises(&readme);
    assert!(promises.len() > 5, "{promises:?}");
    let written: BTreeSet<&str> = numbers(&performance).collect();
    for cells in promises {
        let rows: Vec<&str> = quoted(cells[2]).filter(|name| *name != "make bench").collect();
        assert!(!rows.is_empty(), "which rows? {cells:?}");
        for key in rows {
            assert!(ROWS.iter().any(|row| row.key == key), "{key} is no row of the table");
            assert!(performance.contains(&format!("`{key}`")), "{key} is not in docs/performance.md");
        }
        let unknown: Vec<&str> = numbers(cells[1]).filter(|number| !written.contains(number)).collect();
        assert!(unknown.is_empty(), "{unknown:?} of {:?} is not in docs/performance.md", cells[1]);
    }
}

#[test]
fn the_account_of_figures_names_rows_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/performance.md")).unwrap();
    let keys: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).flat_map(quoted).collect();
    assert!(!keys.is_empty());
    let unknown: Vec<&&str> = keys.iter().filter(|key| !ROWS.iter().any(|row| row.key == **key)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
