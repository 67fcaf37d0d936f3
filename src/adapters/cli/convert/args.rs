//! What may stand on the command line of `convert`.

use clap::Args;
use std::path::PathBuf;

const CONVERT_EXAMPLES: &str = "\
Examples:
  nomad-driver-podman convert web.nomad.hcl > web.podman.nomad.hcl
      The converted job; what a person must look at, on standard error.
  nomad-driver-podman convert --write jobs/*.nomad.hcl
      In place.
  nomad-driver-podman convert --check jobs/*.nomad.hcl
      Only tells, and fails if there is anything to convert.

Only tasks with driver = \"docker\" change, and of them only what Podman needs written otherwise. An option without
counterpart becomes a comment. The exit status is 0 if nothing is left to do by hand, 1 if something is (or, with
--check, to convert), 2 if a file or the command line cannot be read.";

/// `convert`.
#[derive(Debug, Clone, Args)]
#[command(after_help = CONVERT_EXAMPLES)]
pub struct ConvertArgs {
    /// Job files, in HCL
    #[arg(value_name = "JOB", required = true)]
    pub jobs: Vec<PathBuf>,

    /// Write each file back instead of printing it
    #[arg(long, short, conflicts_with = "check")]
    pub write: bool,

    /// Change and print nothing
    #[arg(long)]
    pub check: bool,
}
