//! A whole job file: its Docker tasks, and what else in it speaks of Docker.

use super::super::jobfile::source::Place;
use super::super::jobfile::{DRIVER, Finding, Findings, Source};
use super::edits::Edits;
use super::options;
use super::told::Remark;
use hcl_edit::Span;
use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::structure::{Block, Body};
use hcl_edit::visit::{self, Visit};
use std::ops::Range;
use std::sync::Arc;

/// The driver whose tasks are converted.
const DOCKER: &str = "docker";

/// A converted file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// Its text; the same as before if there was nothing to convert.
    pub text: String,
    /// How many tasks were converted.
    pub tasks: usize,
    /// What was done and what was not, in the order of the file as it was.
    pub remarks: Vec<Remark>,
}

/// Converts a job file.
///
/// # Errors
/// The text is no HCL.
pub fn convert(source: &Arc<Source>) -> Result<Conversion, Findings> {
    let body = parse(source)?;
    let mut edits = Edits::of(source);
    let tasks = tasks(&mut edits, &body);
    if tasks > 0 {
        References(&mut edits).visit_body(&body);
    }
    let mut remarks = std::mem::take(&mut edits.remarks);
    remarks.sort_by_key(|remark| remark.finding.place.as_ref().map(|place| place.span.start));
    let text = edits.apply();
    // Rather nothing than something that cannot be read.
    parse(&Source::new(format!("{}, converted", source.name), text.as_str()))?;
    Ok(Conversion { text, tasks, remarks })
}

fn parse(source: &Arc<Source>) -> Result<Body, Findings> {
    hcl_edit::parser::parse_body(&source.text).map_err(|error| {
        let at = error.location().offset().min(source.text.len());
        let place = Place { source: Arc::clone(source), span: at..at + 1 };
        Findings(vec![Finding::new(Some(place), error.message())])
    })
}

/// Converts the tasks of a file, a job or a group; how many there were.
fn tasks(edits: &mut Edits, body: &Body) -> usize {
    let mut count = 0;
    for block in body.blocks() {
        let made = if block.has_ident("dynamic") {
            made_by(block)
        } else {
            Some((block.ident.as_str(), &block.body))
        };
        count += match made {
            Some(("job" | "group", body)) => tasks(edits, body),
            Some(("task", body)) => usize::from(task(edits, body)),
            _ => 0,
        };
    }
    count
}

/// What kind of blocks a dynamic block makes, and of what.
pub(super) fn made_by(dynamic: &Block) -> Option<(&str, &Body)> {
    let content = dynamic.body.get_blocks("content").next()?;
    dynamic.labels.first().map(|label| (label.as_str(), &content.body))
}

/// Converts a task, if it is one of Docker.
fn task(edits: &mut Edits, body: &Body) -> bool {
    let Some(driver) = body.get_attribute("driver") else { return false };
    let span = driver.value.span().unwrap_or_default();
    match driver.value.as_str() {
        Some(DOCKER) => {}
        Some(_) => return false,
        None => {
            edits.check(span, "driver is not written out; only tasks with driver = \"docker\" are converted");
            return false;
        }
    }
    edits.replace(span.clone(), format!("{DRIVER:?}"));
    edits.changed(span, format!("driver is now {DRIVER}"));
    for block in body.blocks() {
        match block.ident.as_str() {
            "config" => options::config(edits, &block.body),
            "dynamic" => {
                let made = made_by(block).filter(|(kind, _)| *kind == "config");
                made.into_iter().for_each(|(_, body)| options::config(edits, body));
            }
            _ => {}
        }
    }
    true
}

/// Tells of node attributes that only the Docker driver sets.
struct References<'a>(&'a mut Edits);

impl Visit for References<'_> {
    fn visit_traversal(&mut self, node: &Traversal) {
        let names: Vec<&str> = node.operators.iter().map_while(|operator| name(operator.value())).collect();
        let root = node.expr.as_variable().map(|root| root.as_str());
        if let (Some("attr"), ["driver", DOCKER, ..]) = (root, names.as_slice()) {
            let reason =
                "attr.driver.docker is about the Docker driver; a converted task wants attr.driver.podman";
            self.0.check(span_of(node), reason);
        }
        visit::visit_traversal(self, node);
    }
}

fn name(operator: &TraversalOperator) -> Option<&str> {
    match operator {
        TraversalOperator::GetAttr(name) => Some(name.as_str()),
        TraversalOperator::Index(index) => index.as_str(),
        TraversalOperator::AttrSplat(_)
        | TraversalOperator::FullSplat(_)
        | TraversalOperator::LegacyIndex(_) => None,
    }
}

fn span_of(node: &Traversal) -> Range<usize> {
    let start = expression_span(&node.expr);
    let end = node.operators.last().and_then(Span::span).map_or(start.end, |last| last.end);
    start.start..end.max(start.end)
}

fn expression_span(expression: &Expression) -> Range<usize> {
    expression.span().unwrap_or_default()
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
