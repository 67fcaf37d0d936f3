//! What was found, and how bad it is.

use super::super::jobfile::{Finding, Findings, Rule};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The job will not run as written.
    Problem,
    /// It will, but something in it does nothing.
    Warning,
}

/// All findings of one validation, file by file, each file's in its order.
#[derive(Debug, Clone, Default)]
pub struct Report {
    findings: Vec<Finding>,
    files: usize,
    tasks: usize,
}

impl Report {
    /// Adds what was found in one file, in which there are `tasks` of our driver.
    pub fn add(&mut self, findings: Findings, tasks: usize) {
        let told = |finding: &Finding| finding.rule != Rule::NotPlayed;
        self.findings.extend(findings.sorted().0.into_iter().filter(told));
        self.files += 1;
        self.tasks += tasks;
    }

    /// The findings with their levels.
    pub fn findings(&self) -> impl Iterator<Item = (Level, &Finding)> {
        self.findings.iter().map(|finding| (level(finding.rule), finding))
    }

    /// Whether there is anything that a job or an agent would stumble over.
    pub fn has_problems(&self) -> bool {
        self.count(Level::Problem) > 0
    }

    /// How many findings are of `level`.
    pub fn count(&self, level: Level) -> usize {
        self.findings().filter(|(found, _)| *found == level).count()
    }

    /// How many files were read.
    pub fn files(&self) -> usize {
        self.files
    }

    /// How many Podman tasks were judged.
    pub fn tasks(&self) -> usize {
        self.tasks
    }
}

fn level(rule: Rule) -> Level {
    match rule {
        Rule::Job | Rule::UnknownOption | Rule::Option | Rule::Policy | Rule::Agent | Rule::Podman => {
            Level::Problem
        }
        Rule::NotPlayed | Rule::Unknown | Rule::NoEffect => Level::Warning,
    }
}

/// The name of a rule for tools, and what it is about. Names stay: suppressions refer to them.
pub fn rule(rule: Rule) -> (&'static str, &'static str) {
    match rule {
        Rule::Job => ("job", "A job file that Nomad would refuse"),
        Rule::UnknownOption => ("unknown-option", "An option that the driver does not have"),
        Rule::Option => ("option", "A value that the driver refuses"),
        Rule::NotPlayed => ("not-played", "A part of a job that the run command leaves out"),
        Rule::Unknown => ("unknown-name", "A name that is not declared in the file"),
        Rule::NoEffect => ("no-effect", "Options that do nothing beside others"),
        Rule::Policy => ("policy", "Something that the operator's plugin config forbids"),
        Rule::Agent => ("agent", "A plugin block that the driver refuses"),
        Rule::Podman => ("podman", "Something that the Podman of the node cannot do"),
    }
}
