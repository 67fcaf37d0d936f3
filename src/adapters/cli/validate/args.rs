//! What may stand on the command line of `validate`.

use super::super::args::{assignment, inputs};
use super::super::jobfile::{Inputs, Purpose};
use clap::{Args, ValueEnum};
use std::io;
use std::path::{Path, PathBuf};

const VALIDATE_EXAMPLES: &str = "\
Examples:
  nomad-driver-podman validate examples/*.nomad.hcl
      Every problem of every Podman task, at its line.
  nomad-driver-podman validate --agent-config client.hcl web.nomad.hcl
      Also what the operator's plugin block forbids, and that block itself.
  nomad-driver-podman validate --podman 1 web.nomad.hcl
      Also what came after Podman 1.
  nomad-driver-podman validate --format sarif web.nomad.hcl > validate.sarif
      For code review tools.

What only Nomad or the node knows (${NOMAD_...}, attr, meta, variables without a value) is taken as unknown.
The exit status is 0 if there is no problem (there may be warnings), 1 if there is one, 2 if a file or the
command line cannot be read.";

/// `validate`.
#[derive(Debug, Clone, Args)]
#[command(after_help = VALIDATE_EXAMPLES)]
pub struct ValidateArgs {
    /// Job files, in HCL
    #[arg(value_name = "JOB", required = true)]
    pub jobs: Vec<PathBuf>,

    /// The agent's configuration with the plugin block, in HCL
    #[arg(long, value_name = "FILE")]
    pub agent_config: Option<PathBuf>,

    /// Also tell what this Podman cannot do, such as 1; all that later ones lack is told at the start of a task
    #[arg(long, value_enum, value_name = "MAJOR")]
    pub podman: Option<TargetPodman>,

    /// How to tell what was found
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,

    /// Set a job variable
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = assignment)]
    pub vars: Vec<(String, String)>,

    /// Set job variables from a file
    #[arg(long = "var-file", value_name = "FILE")]
    pub var_files: Vec<PathBuf>,

    /// No colours; the same as NO_COLOR=1
    #[arg(long)]
    pub no_color: bool,
}

/// A Podman that a job may have to run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TargetPodman {
    /// Podman 1, over varlink
    #[value(name = "1")]
    One,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For a person
    Text,
    /// A list of objects
    Json,
    /// SARIF 2.1.0
    Sarif,
}

impl ValidateArgs {
    /// Variables for `job` from the arguments, their files and `env`.
    ///
    /// # Errors
    /// A file that cannot be read, named.
    pub fn inputs(&self, job: &Path, env: impl IntoIterator<Item = (String, String)>) -> io::Result<Inputs> {
        let inputs = inputs(job, &self.vars, &self.var_files, env)?;
        Ok(Inputs { purpose: Purpose::Judge, ..inputs })
    }
}
