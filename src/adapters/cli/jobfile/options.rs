//! Checks the `config` blocks of a job against the driver's option table, before any task starts.

use super::interpolate::RuntimeVars;
use super::model::{Spans, Task};
use super::source::{Finding, Rule};
use crate::domain::config::docker;
use crate::domain::config::row::{Kind, OptionRow, find};
use crate::domain::config::suggest::{is_of_the_task, nearest};
use crate::domain::config::task_options::TASK_OPTIONS;
use crate::domain::config::{Problem, Problems, TaskConfig, Value};

/// What is wrong with the options of `task`, as far as they are known without starting it.
pub(super) fn check(task: &Task) -> Vec<Finding> {
    judge(task).findings
}

/// The `config` block of a task, as far as it is known without starting it.
pub struct Judged {
    /// As the driver would get it.
    pub value: Value,
    /// As the driver would read it, if it could.
    pub config: Option<TaskConfig>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

/// Reads the `config` block of `task` as the driver would.
pub fn judge(task: &Task) -> Judged {
    let (value, mut problems) = RuntimeVars::offline().config(&task.config.value);
    let mut findings = unknown_options(TASK_OPTIONS, &value, &task.config.spans);
    let config = TaskConfig::decode(&value).map_err(|refused| problems.0.extend(refused.0)).ok();
    findings.extend(at_their_lines(task, problems));
    Judged { value, config, findings }
}

/// Problems of a task's options, where the options are written.
pub fn at_their_lines(task: &Task, problems: Problems) -> Vec<Finding> {
    at(&task.config.spans, TASK_OPTIONS, problems)
}

/// Problems of options where they are written, each with what its row of `table` accepts.
pub fn at(spans: &Spans, table: &'static [OptionRow], problems: Problems) -> Vec<Finding> {
    let finding = |problem: Problem| {
        let accepted = accepted(table, &problem);
        let finding = Finding::new(Some(spans.place(&problem.path)), problem.to_string());
        finding.of(Rule::Option).with_help(accepted)
    };
    problems.0.into_iter().map(finding).collect()
}

/// What the option of a problem accepts, unless the reason has said so.
fn accepted(table: &'static [OptionRow], problem: &Problem) -> Option<String> {
    let (mut rows, mut found) = (table, None);
    for part in problem.path.split('.') {
        let name = part.split('[').next().unwrap_or(part);
        let Some(row) = find(rows, name) else { break };
        found = Some(row);
        if let Kind::Block(inner) | Kind::BlockList(inner) = row.kind {
            rows = inner;
        }
    }
    let row = found?;
    let told = problem.reason.contains(row.example) || row.constraint.is_empty();
    (!told).then(|| format!("accepted: {}; for example {}", row.constraint, row.example))
}

/// The findings for names of `value` that `table` does not have.
pub fn unknown_options(table: &'static [OptionRow], value: &Value, spans: &Spans) -> Vec<Finding> {
    let mut names = vec![];
    unknown_names(table, "", value, &mut names);
    let finding = |Unknown { path, help }: Unknown| {
        let reason = format!("{path}: the driver has no such option");
        Finding::new(Some(spans.name(&path)), reason).of(Rule::UnknownOption).with_help(help)
    };
    names.into_iter().map(finding).collect()
}

/// A name that does not exist.
struct Unknown {
    path: String,
    help: Option<String>,
}

/// What to write instead: first what the Docker driver calls so, then what is spelt nearly so.
fn instead(table: &'static [OptionRow], path: &str, name: &str) -> Option<String> {
    if let Some(ours) = docker::ours(table, name) {
        return Some(format!("{name} is the Docker driver's name; here it is {}", ours.name));
    }
    if let Some(docker) = docker::only(path) {
        return Some(format!("only the Docker driver has {name}; {}", docker.instead));
    }
    if path == name && is_of_the_task(name) {
        return Some(format!("{name} stands in the task, beside config"));
    }
    nearest(name, table.iter().map(|row| row.name)).map(|meant| format!("did you mean {meant}?"))
}

/// Names without a row. The domain lets them pass, because the host has refused them by then: that is us.
fn unknown_names(table: &'static [OptionRow], prefix: &str, value: &Value, unknown: &mut Vec<Unknown>) {
    let Value::Map(map) = value else { return };
    for (name, value) in map {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match find(table, name).map(|row| row.kind) {
            None => unknown.push(Unknown { help: instead(table, &path, name), path }),
            Some(Kind::Block(rows)) => {
                let blocks =
                    if let Value::List(blocks) = value { blocks } else { std::slice::from_ref(value) };
                blocks.iter().for_each(|block| unknown_names(rows, &path, block, unknown));
            }
            Some(Kind::BlockList(rows)) => {
                let blocks =
                    if let Value::List(blocks) = value { blocks } else { std::slice::from_ref(value) };
                let each = blocks.iter().enumerate();
                each.for_each(|(at, block)| unknown_names(rows, &format!("{path}[{at}]"), block, unknown));
            }
            Some(
                Kind::Text
                | Kind::Bool
                | Kind::Number
                | Kind::TextList
                | Kind::TextMap
                | Kind::NumberMap
                | Kind::TextOrList,
            ) => {}
        }
    }
}
