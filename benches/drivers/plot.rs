//! The same as SVG charts: who is how fast, how even, and whether it stays so with many tasks.
//!
//! Must not live here: a figure of its own. What is drawn is in the JSON file too.

use crate::board::{Board, Column};
use crate::rows::{Row, percentile};
use crate::table::ROWS;
use poloto::build;
use std::path::Path;

/// What is drawn sample by sample, from the quickest to the slowest: the name of the samples, and what they are.
const SPREADS: [(&str, &str); 6] = [
    ("handshake", "exec to handshake line"),
    ("start", "StartTask"),
    ("exit.above", "exit seen, above Podman's own wait"),
    ("stop", "StopTask to removed"),
    ("exec", "ExecTask round trip"),
    ("log.delay", "delay of a log line beside two floods"),
];

/// What is drawn against the number of tasks: the beginning of the samples' names, what they are, their unit.
const GROWTH: [(&str, &str, &str); 4] = [
    ("grow.start.", "driver CPU per start, in memory", "us"),
    ("grow.end.", "driver CPU per end, in memory", "us"),
    ("grow.stats.", "driver CPU per task and second, in memory", "us"),
    ("grow.each.", "anonymous memory per task, in memory", "KiB"),
];

/// One file per chart that there is something to draw for.
pub fn draw(board: &Board, dir: &Path) {
    let names: Vec<&str> = board.sides.iter().map(|side| side.name.as_str()).collect();
    let charts = board.with_columns(|columns, _| charts(board, &names, columns));
    let drawn = charts.len();
    let written = std::fs::create_dir_all(dir).and_then(|()| {
        charts
            .into_iter()
            .try_for_each(|(name, svg)| std::fs::write(dir.join(name).with_extension("svg"), svg))
    });
    match written {
        Ok(()) => println!("{drawn} charts drawn into {}", dir.display()),
        Err(error) => println!("cannot draw into {}: {error}", dir.display()),
    }
}

type Chart = (String, String);

fn charts(board: &Board, names: &[&str], columns: &[Column]) -> Vec<Chart> {
    let bars = ROWS.iter().filter_map(|row| bars(row, names, columns, &board.figures(row)));
    let spreads = SPREADS.iter().filter_map(|(key, title)| spread(key, title, names, columns));
    let growth = GROWTH.iter().filter_map(|(prefix, title, unit)| growth(prefix, title, unit, &columns[0]));
    bars.chain(spreads).chain(growth).collect()
}

/// One figure of all drivers, if there are two to compare.
fn bars(row: &Row, names: &[&str], columns: &[Column], figures: &[Option<f64>]) -> Option<Chart> {
    let of = |(name, figure): (&&str, &Option<f64>)| Some((figure.as_ref().copied()?, (*name).to_owned()));
    let data: Vec<(f64, String)> = names.iter().zip(figures).filter_map(of).collect();
    if data.len() < 2 {
        return None;
    }
    let title = row.title(&columns[0].samples);
    let chart = build::bar::gen_simple("", data, [0.0]).label((title.trim(), row.unit, ""));
    Some((row.key.to_owned(), chart.append_to(poloto::header().light_theme()).render_string().ok()?))
}

/// All samples in order of their size: the middle is the median, a steep end is what some had to wait for.
fn spread(key: &str, title: &str, names: &[&str], columns: &[Column]) -> Option<Chart> {
    let lines: Vec<_> = names
        .iter()
        .zip(columns)
        .filter_map(|(name, column)| {
            let mut samples = column.samples.get(key)?.clone();
            samples.sort_unstable_by(f64::total_cmp);
            let last = (samples.len() - 1).max(1) as f64;
            let points =
                samples.into_iter().enumerate().map(move |(index, ms)| (index as f64 * 100.0 / last, ms));
            Some(build::plot((*name).to_owned()).line(points.collect::<Vec<_>>()))
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let frame = poloto::frame_build().data(poloto::plots!(build::markers([0.0, 100.0], [0.0]), lines));
    let chart = frame.build_and_label((title, "percent of the samples", "ms"));
    Some((format!("spread-{key}"), chart.append_to(poloto::header().light_theme()).render_string().ok()?))
}

/// Flat is what it has to be.
fn growth(prefix: &str, title: &str, unit: &str, column: &Column) -> Option<Chart> {
    let point = |(key, samples): (&&str, &Vec<f64>)| {
        let tasks: f64 = key.strip_prefix(prefix)?.parse().ok()?;
        Some((tasks.log10(), percentile(samples, 50)))
    };
    let mut points: Vec<(f64, f64)> = column.samples.iter().filter_map(point).collect();
    points.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let last = points.last()?.0;
    let dots = build::plot("").scatter(points.clone());
    let line = build::plot("").line(points);
    let ticks = poloto::ticks::from_iter((0..=last as u32).map(f64::from))
        .with_tick_fmt(|power: &f64| format!("{}", 10_u64.pow(*power as u32)));
    let chart = poloto::frame_build()
        .data(poloto::plots!(build::markers([0.0, last], [0.0]), line, dots))
        .map_xticks(|_| ticks)
        .build_and_label((title, "tasks", unit));
    Some((
        prefix.trim_end_matches('.').to_owned(),
        chart.append_to(poloto::header().light_theme()).render_string().ok()?,
    ))
}
