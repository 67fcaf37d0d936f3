//! The command line.

use crate::board::Side;
use clap::Parser;
use std::path::PathBuf;

/// The first column's name.
const OURS: &str = "this driver";

/// What `--only` knows.
const MEASUREMENTS: [&str; 14] = [
    "binary",
    "handshake",
    "idle",
    "start",
    "exit",
    "stop",
    "stats",
    "logs",
    "population",
    "exec",
    "splitter",
    "validate",
    "growth",
    "simulator",
];

/// Measures Nomad task drivers side by side, against the Podman that `tests/support/podman.sh` brings up.
///
/// The exit status is 0 if every goal that could be judged is met, 1 if one is not, and 4 if a driver did not survive
/// a measurement.
#[derive(Parser)]
pub struct Args {
    /// The first column: the binary that is shipped.
    #[arg(long, value_name = "PATH", default_value = env!("CARGO_BIN_EXE_nomad-driver-podman"))]
    pub ours: PathBuf,
    /// Another driver's binary, measured in a column of its own; may be given several times.
    #[arg(long = "driver", value_name = "PATH")]
    pub drivers: Vec<PathBuf>,
    /// Only these measurements, separated by commas.
    #[arg(long, value_delimiter = ',', value_parser = MEASUREMENTS)]
    pub only: Vec<String>,
    /// Fewer rounds and tasks, for a first look.
    #[arg(long)]
    pub quick: bool,
    /// So many rounds of StartTask: its ratio is the figure that needs the most of them.
    #[arg(long, value_name = "ROUNDS", value_parser = clap::value_parser!(u16).range(1..))]
    pub starts: Option<u16>,
    /// Also a population of 1,000 real containers: needs some 4 GiB of memory and many minutes.
    #[arg(long)]
    pub thousand: bool,
    /// Where the figures are written.
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench/drivers.json"))]
    pub json: PathBuf,
    /// Also put the table into this document, where it has its place.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md"))]
    pub markdown: Option<PathBuf>,
    /// Also draw SVG charts, into this directory.
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench"))]
    pub plot: Option<PathBuf>,
}

impl Args {
    /// The columns: the driver of this repository first.
    pub fn sides(&self) -> Vec<Side> {
        let mut sides = vec![Side { name: OURS.to_owned(), binary: self.ours.clone() }];
        for path in &self.drivers {
            let file = path.file_name().map_or(path.to_string_lossy(), |name| name.to_string_lossy());
            let alike = |side: &&Side| side.name == *file || side.name.starts_with(&format!("{file} #"));
            let name = match sides.iter().filter(alike).count() {
                0 => file.into_owned(),
                others => format!("{file} #{}", others + 1),
            };
            sides.push(Side { name, binary: path.clone() });
        }
        sides
    }

    /// Whether a measurement is asked for.
    pub fn wants(&self, measurement: &str) -> bool {
        assert!(MEASUREMENTS.contains(&measurement), "{measurement} cannot be asked for");
        self.only.is_empty() || self.only.iter().any(|only| only == measurement)
    }

    /// What makes this run another than a plain one.
    pub fn flags(&self) -> serde_json::Value {
        serde_json::json!({ "quick": self.quick, "only": self.only, "thousand": self.thousand, "starts": self.starts })
    }

    /// So many of something: fewer for a first look.
    pub fn many(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }
}
