//! `convert`: job files of the Docker driver for Podman, with everything else left as it is.
//!
//! Lives here: which parts of a file are rewritten, and how that is told. Must not live here: what an option of
//! Docker means (`domain::config::docker` and the option table), or whether the result is right
//! ([`super::validate`] says that of it).
//!
//! A file is changed by replacing spans of its text, never by printing its syntax tree: what no replacement
//! touches keeps its bytes. What has no counterpart becomes a comment, so that nothing is lost unseen.
//!
//! | module | holds |
//! | --- | --- |
//! | [`args`] | its command line |
//! | [`files`] | reading, writing back |
//! | [`job`] | finding the tasks, and what else in a job speaks of Docker |
//! | [`options`] | a `config` block against the option table |
//! | [`values`], [`image`], [`devices`], [`logging`] | what means something else, or is written otherwise |
//! | [`edits`] | replacements of spans |
//! | [`told`] | what a person is told |

pub mod args;
mod devices;
mod edits;
mod files;
mod image;
pub mod job;
mod logging;
mod options;
pub mod told;
mod values;

use super::entry::RunError;
use super::jobfile::{Inputs, Purpose, Source};
use super::output::{complain, print};
use super::validate;
use super::validate::report::{Level, Report};
use args::ConvertArgs;
use job::{Conversion, convert};
use std::sync::Arc;
use told::Summary;

/// Converts the files; the exit status, 0 if nothing is left to a person, 1 if something is.
///
/// # Errors
/// A file that cannot be read, is no HCL, or cannot be written.
pub fn command(args: &ConvertArgs) -> Result<u8, RunError> {
    let mut summary = Summary::default();
    for path in &args.jobs {
        let source = super::args::read(path)?;
        let conversion = convert(&source)?;
        let problems = problems_of(&source, &conversion);
        complain_about(&conversion, &problems);
        summary.add(&conversion, problems.count(Level::Problem));
        if args.write && conversion.text != source.text {
            files::write(path, &conversion.text)?;
        } else if !args.write && !args.check {
            print(&conversion.text, true)?;
        }
    }
    complain(&summary.to_string());
    Ok(u8::from(summary.needs_a_person() || (args.check && summary.changes())))
}

/// What `validate` would say of the result.
fn problems_of(source: &Source, conversion: &Conversion) -> Report {
    let mut report = Report::default();
    if conversion.tasks > 0 {
        let converted = Source::new(source.name.as_str(), conversion.text.as_str());
        let inputs = Inputs { purpose: Purpose::Judge, ..Inputs::default() };
        validate::job::check(&Arc::clone(&converted), &inputs, None, &mut report);
    }
    report
}

fn complain_about(conversion: &Conversion, problems: &Report) {
    conversion.remarks.iter().for_each(|remark| complain(&remark.to_string()));
    let found = problems.findings().filter(|(level, _)| *level == Level::Problem);
    found.for_each(|(_, finding)| complain(&told::of_the_result(finding)));
}
