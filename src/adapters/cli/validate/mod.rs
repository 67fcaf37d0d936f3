//! `validate`: what is wrong with job files, told offline and all at once.
//!
//! Lives here: which judgements are made of a job and of the agent's plugin block, and how they are told. Must
//! not live here: the judgements themselves (`domain::config`, `domain::policy`), or reading HCL
//! ([`super::jobfile`]).
//!
//! | module | holds |
//! | --- | --- |
//! | [`args`] | its command line |
//! | [`job`], [`agent`] | a job file, the agent's file |
//! | [`start`], [`podman1`] | what the start of a task would refuse, what Podman 1 cannot do of it |
//! | [`shared`] | work shared out among the processor's cores |
//! | [`report`] | what was found, in the order of the files |
//! | [`text`], [`json`], [`sarif`] | the forms of a report |

pub mod agent;
pub mod args;
pub mod job;
pub mod json;
pub mod podman1;
pub mod report;
pub mod sarif;
mod shared;
pub mod start;
pub mod text;

use super::args::read;
use super::entry::RunError;
use super::output;
use args::{ReportFormat, ValidateArgs};
use report::Report;

/// Checks the files and prints the report; the exit status, 0 without problems and 1 with some.
///
/// # Errors
/// A file that cannot be read.
pub fn command(args: &ValidateArgs) -> Result<u8, RunError> {
    let mut report = Report::default();
    let agent = args.agent_config.as_deref().map(read).transpose()?;
    let plugin = agent.and_then(|source| agent::check(&source, &mut report));
    for path in &args.jobs {
        let inputs = args.inputs(path, std::env::vars())?;
        let target = job::Target { plugin: plugin.as_ref(), podman: args.podman };
        job::check_for(&read(path)?, &inputs, target, &mut report);
    }
    let text = match args.format {
        ReportFormat::Text => text::render(&report, !args.no_color),
        ReportFormat::Json => json::render(&report)?,
        ReportFormat::Sarif => sarif::render(&report)?,
    };
    output::print(&text, args.no_color)?;
    Ok(u8::from(report.has_problems()))
}
