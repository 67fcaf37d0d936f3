//! The command line.

use crate::board::Side;
use clap::Parser;
use std::path::PathBuf;

/// Measures Nomad task drivers side by side, against the Podman that `tests/support/podman.sh` brings up.
///
/// The exit status is 0 if every goal that could be judged is met.
#[derive(Parser)]
#[command(
    after_help = "Measurements: handshake, idle, start, population, stats, exit, stop, exec, logs, growth, \
                  simulator"
)]
pub struct Args {
    /// The first column: the binary that is shipped.
    #[arg(long, value_name = "PATH", default_value = env!("CARGO_BIN_EXE_nomad-driver-podman"))]
    pub ours: PathBuf,
    /// Another driver's binary, measured in a column of its own; may be given several times.
    #[arg(long = "driver", value_name = "PATH")]
    pub drivers: Vec<PathBuf>,
    /// Only these measurements.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Fewer rounds and tasks, for a first look.
    #[arg(long)]
    pub quick: bool,
    /// Where the figures are written.
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench/drivers.json"))]
    pub json: PathBuf,
    /// Also draw SVG charts, into this directory.
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = concat!(env!("CARGO_MANIFEST_DIR"), "/target/bench"))]
    pub plot: Option<PathBuf>,
}

impl Args {
    /// The columns: the driver of this repository first.
    pub fn sides(&self) -> Vec<Side> {
        let ours = Side { name: "this driver".to_owned(), binary: self.ours.clone() };
        let others = self.drivers.iter().map(|path| {
            let name = path.file_name().map_or(path.to_string_lossy(), |name| name.to_string_lossy());
            Side { name: name.into_owned(), binary: path.clone() }
        });
        std::iter::once(ours).chain(others).collect()
    }

    /// Whether a measurement is asked for.
    pub fn wants(&self, measurement: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == measurement)
    }

    /// So many of something: fewer for a first look.
    pub fn many(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }
}
