//! Checks the `config` blocks of a job against the driver's option table, before any task starts.

use super::interpolate::RuntimeVars;
use super::model::Task;
use super::source::Finding;
use crate::domain::config::row::{Kind, OptionRow, find};
use crate::domain::config::task_options::TASK_OPTIONS;
use crate::domain::config::{Problem, Problems, TaskConfig, Value};

/// What is wrong with the options of `task`, as far as they are known without starting it.
pub(super) fn check(task: &Task) -> Vec<Finding> {
    let (value, mut problems) = RuntimeVars::offline().config(&task.config.value);
    unknown_names(TASK_OPTIONS, "", &value, &mut problems);
    if let Err(refused) = TaskConfig::decode(&value) {
        problems.0.extend(refused.0);
    }
    at_their_lines(task, problems)
}

/// Problems of a task's options, where the options are written.
pub fn at_their_lines(task: &Task, problems: Problems) -> Vec<Finding> {
    let finding = |problem: Problem| Finding {
        place: Some(task.config.spans.place(&problem.path)),
        reason: problem.to_string(),
    };
    problems.0.into_iter().map(finding).collect()
}

/// Names without a row. The domain lets them pass, because the host has refused them by then: that is us.
fn unknown_names(table: &'static [OptionRow], prefix: &str, value: &Value, problems: &mut Problems) {
    let Value::Map(map) = value else { return };
    for (name, value) in map {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match find(table, name).map(|row| row.kind) {
            None => problems.0.push(Problem::new(path, "the driver has no such option")),
            Some(Kind::Block(rows)) => {
                let blocks =
                    if let Value::List(blocks) = value { blocks } else { std::slice::from_ref(value) };
                blocks.iter().for_each(|block| unknown_names(rows, &path, block, problems));
            }
            Some(Kind::BlockList(rows)) => {
                let blocks =
                    if let Value::List(blocks) = value { blocks } else { std::slice::from_ref(value) };
                let each = blocks.iter().enumerate();
                each.for_each(|(at, block)| unknown_names(rows, &format!("{path}[{at}]"), block, problems));
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
