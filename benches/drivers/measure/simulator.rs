//! How fast the simulation runs: worlds, and hours of them.

use crate::args::Args;
use crate::board::Board;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The driver of this repository only: no other has one.
pub fn all(args: &Args, board: &Board) {
    eprintln!("simulator ...");
    for _ in 0..args.many(3, 1) {
        match run(&board.sides[0].binary, args.many(500, 50)) {
            Ok(samples) => board.add(0, samples),
            Err(reason) => return board.fail(0, "simulator", reason),
        }
    }
}

fn run(binary: &Path, worlds: usize) -> Result<Vec<(&'static str, f64)>, String> {
    let mut command = Command::new(binary);
    command.args(["simulate", "--seeds", &worlds.to_string()]).stdin(Stdio::null());
    let before = Instant::now();
    let output = command.output().map_err(|error| error.to_string())?;
    let seconds = before.elapsed().as_secs_f64();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        return Err(format!("{}: {told}{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    let hours = told.lines().find_map(hours).ok_or_else(|| format!("no hours in: {told}"))?;
    Ok(vec![("sim.worlds", worlds as f64 / seconds), ("sim.hours", hours / seconds)])
}

/// Of the line `simulated        68.8 hours in 1.1 s`.
fn hours(line: &str) -> Option<f64> {
    line.strip_prefix("simulated")?.trim_start().split(' ').next()?.parse().ok()
}
