//! What a person is told about a conversion.

use super::super::jobfile::Finding;
use super::super::jobfile::source::Place;
use super::job::Conversion;
use std::fmt;

/// What something means for whoever asked for the conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Done: it means the same as before.
    Changed,
    /// It means the same if something else holds.
    Check,
    /// It is not there any more, or still to be done.
    Left,
}

/// One thing to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What it means.
    pub weight: Weight,
    /// Where in the file as it was, and what.
    pub finding: Finding,
}

impl Remark {
    /// Something about a place.
    pub(super) fn new(weight: Weight, place: Place, reason: impl Into<String>) -> Self {
        Self { weight, finding: Finding::new(Some(place), reason) }
    }

    /// The same with what to do.
    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.finding = self.finding.with_help([help.into()]);
        self
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.weight, &self.finding.place) {
            // What is done needs no second look: one line.
            (Weight::Changed, Some(place)) => write!(f, "{place}: {}", self.finding.reason),
            _ => self.finding.fmt(f),
        }
    }
}

/// What `validate` finds in a converted file, whose lines are those of the result.
pub(super) fn of_the_result(finding: &Finding) -> String {
    format!("in the result: {finding}")
}

/// The last line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Summary {
    files: usize,
    tasks: usize,
    changed: usize,
    check: usize,
    left: usize,
    problems: usize,
}

impl Summary {
    /// Counts one file.
    pub(super) fn add(&mut self, conversion: &Conversion, problems: usize) {
        let count = |weight| conversion.remarks.iter().filter(|remark| remark.weight == weight).count();
        self.files += 1;
        self.tasks += conversion.tasks;
        self.changed += count(Weight::Changed);
        self.check += count(Weight::Check);
        self.left += count(Weight::Left);
        self.problems += problems;
    }

    /// Whether there is something to do that was not done.
    pub(super) fn needs_a_person(&self) -> bool {
        self.left + self.problems > 0
    }

    /// Whether there was anything to convert.
    pub(super) fn changes(&self) -> bool {
        self.tasks > 0
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = |count: usize| if count == 1 { "" } else { "s" };
        write!(
            f,
            "{} task{} for Podman in {} file{}: ",
            self.tasks,
            s(self.tasks),
            self.files,
            s(self.files)
        )?;
        write!(f, "{} change{}, {} to check", self.changed, s(self.changed), self.check)?;
        write!(f, ", {} without counterpart, {} problem{}", self.left, self.problems, s(self.problems))
    }
}
