//! Job files: from HCL text to a [`Job`] in which every value still knows its line.
//!
//! Lives here: parsing, variables, evaluation, defaults. Must not live here: how a job is played, or what an
//! option of the driver means (`domain::config`). Reading finds all problems, not the first; what belongs to a
//! cluster and not to a node is passed over, and told where that changes what runs.

mod agent;
mod blocks;
mod config;
mod decode;
mod evaluator;
mod functions;
pub mod interpolate;
pub mod model;
pub mod options;
mod rewrite;
pub mod source;
mod task;
mod variables;
mod vartype;

pub use model::Job;
pub use source::{Finding, Findings, Rule, Source};
pub use variables::{Inputs, Purpose};

use blocks::BlockView;
use evaluator::{Bound, Evaluator};
use hcl_edit::Span;
use hcl_edit::structure::Body;
use std::sync::Arc;

/// The driver whose tasks are played, and whose options are ours to judge.
pub const DRIVER: &str = "podman";

/// A job, and what a person should know before it is played.
#[derive(Debug, Clone, PartialEq)]
pub struct JobFile {
    /// The job.
    pub job: Job,
    /// Parts of the file that are not played.
    pub notices: Findings,
}

/// Reads a job file.
///
/// # Errors
/// Everything that keeps the job from being played, in the order of the file.
pub fn read(source: &Arc<Source>, inputs: &Inputs) -> Result<JobFile, Findings> {
    let Examined { job, mut problems, mut notices } = examine(source, inputs);
    problems.0.extend(job.iter().flat_map(Job::own_tasks).flat_map(|(_, task)| options::check(task)));
    notices.0.dedup();
    match job {
        Some(job) => problems.or(JobFile { job, notices }),
        None => Err(problems),
    }
}

/// As much as can be read of a job file; the options of its tasks are not judged yet.
pub struct Examined {
    /// The job, if there is one.
    pub job: Option<Job>,
    /// What Nomad would refuse.
    pub problems: Findings,
    /// What a person should know.
    pub notices: Findings,
}

/// Reads what can be read of a job file.
pub fn examine(source: &Arc<Source>, inputs: &Inputs) -> Examined {
    let mut eval = Evaluator::new(Arc::clone(source), &inputs.base_dir, inputs.purpose);
    let job = parse(&mut eval).and_then(|body| {
        variables::read(&mut eval, &body, inputs);
        top_level(&mut eval, &body)
    });
    Examined { job, problems: eval.problems, notices: eval.notices }
}

/// Reads the `plugin "NAME" { config { … } }` of an agent's configuration, HCL or JSON; `None` if there is none, or
/// none that can be read, which is a problem.
pub fn plugin_block(source: &Arc<Source>, name: &str) -> (Option<model::TaskConfigBlock>, Findings) {
    let mut eval = Evaluator::new(Arc::clone(source), "", Purpose::Judge);
    let block = agent::plugin(&mut eval, name);
    (block, eval.problems)
}

/// The syntax tree of the evaluator's file; `None` once its syntax error has been told.
fn parse(eval: &mut Evaluator) -> Option<Body> {
    let source = Arc::clone(eval.source());
    match hcl_edit::parser::parse_body(&source.text) {
        Ok(body) => Some(body),
        Err(error) => {
            let at = error.location().offset().min(source.text.len());
            let json = source.text.trim_start().starts_with('{');
            let json = json.then_some(
                "this is JSON: only the agent's configuration is read as such; give the job as HCL",
            );
            eval.problem(at..at + 1, json.unwrap_or(error.message()));
            None
        }
    }
}

fn top_level(eval: &mut Evaluator, body: &Body) -> Option<Job> {
    for attribute in body.attributes() {
        let span = attribute.key.span().unwrap_or_default();
        eval.problem(span, format!("{} does not belong at the top of a job file", attribute.key.as_str()));
    }
    let mut jobs = vec![];
    for block in body.blocks() {
        let view = BlockView::of(block, &Bound::default());
        match view.kind.as_str() {
            "job" => jobs.push(view),
            "variable" | "variables" | "locals" => {}
            kind => {
                eval.problem(view.span, format!("a {kind} block does not belong at the top of a job file"))
            }
        }
    }
    for extra in jobs.iter().skip(1) {
        eval.problem(extra.span.clone(), "a job file has one job");
    }
    if jobs.is_empty() {
        eval.problem(0..0, "the file has no job block");
    }
    jobs.first().map(|view| decode::job(eval, view))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
