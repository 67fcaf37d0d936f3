//! The command line of `simulate`, and a job file as what it puts into the worlds.

use super::alloc::AllocRoot;
use super::args;
use super::jobfile::{self, model::JobKind};
use super::plan::{AllocPlan, Plan, TaskPlan};
use super::session::SessionError;
use crate::ports::Clock;
use clap::Args;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  nomad-driver-podman simulate --seeds 2000
      Two thousand worlds, each with tasks, faults and people of its own.
  nomad-driver-podman simulate --exhaustive
      Every fault and every ordered pair of faults, at every place, on a world of one task.
  nomad-driver-podman simulate --seed 4711
      That world alone, line by line.
  nomad-driver-podman simulate --seed 1 --job examples/redis.nomad.hcl --faults podman-away,hang
      What happens to my job when Podman hangs?

The exit status is 0 if nothing was violated, 1 if something was or if it was too slow, 2 if the command line or
the job file cannot be used.";

/// `simulate`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct SimulateArgs {
    /// Number of worlds, from seed 0 on
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub seeds: u64,

    /// This world only, line by line
    #[arg(long, value_name = "N", conflicts_with = "seeds")]
    pub seed: Option<u64>,

    /// Every fault and every ordered pair of faults on a world of one task, instead of drawn worlds
    #[arg(long, conflicts_with = "seeds")]
    pub exhaustive: bool,

    /// Put the Podman tasks of this job file into the worlds
    #[arg(long, value_name = "FILE", conflicts_with = "exhaustive")]
    pub job: Option<PathBuf>,

    /// Set a job variable
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = args::assignment)]
    pub vars: Vec<(String, String)>,

    /// Only these kinds, in every world
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub faults: Vec<String>,

    /// Exit status 1 also below so many simulated hours in a minute of CPU time
    #[arg(long, value_name = "HOURS", conflicts_with = "seed")]
    pub least_speed: Option<f64>,

    /// Print the kinds of faults and do nothing else
    #[arg(long)]
    pub list_faults: bool,
}

/// The tasks of a job file, with directories that are the same each time. `chance` decides the allocations' ids,
/// `machine` the name of a directory that is gone when this returns.
///
/// # Errors
/// All problems of the job file.
pub fn tasks(
    job: &Path,
    vars: &[(String, String)],
    chance: &dyn Clock,
    machine: &dyn Clock,
) -> Result<(JobKind, Vec<TaskPlan>), SessionError> {
    let env = std::iter::empty();
    let file = jobfile::read(&args::read(job)?, &args::inputs(job, vars, &[], env)?)?;
    let kind = file.job.kind;
    let root = AllocRoot::make(None, machine)?;
    let plan = Plan::make(file.job, root.path(), chance)?;
    let mut tasks: Vec<TaskPlan> =
        plan.allocs.into_iter().flat_map(|AllocPlan { tasks, .. }| tasks).collect();
    for TaskPlan { request, .. } in &mut tasks {
        for path in [&mut request.dirs.alloc, &mut request.dirs.stdout, &mut request.dirs.stderr] {
            if let Ok(below) = path.strip_prefix(root.path()) {
                *path = Path::new("/simulated/alloc").join(below).into();
            }
        }
    }
    Ok((kind, tasks))
}
