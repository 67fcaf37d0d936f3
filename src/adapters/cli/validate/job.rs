//! Judges a job file.

use super::super::jobfile::model::{Group, Job, Task};
use super::super::jobfile::options::{Judged, at_their_lines, judge};
use super::super::jobfile::{Examined, Finding, Inputs, Rule, Source, examine};
use super::args::TargetPodman;
use super::report::Report;
use super::{podman1, shared, start};
use crate::domain::config::plugin::DEFAULT_SOCKET;
use crate::domain::config::suggest::nearest;
use crate::domain::config::together::{Around, without_effect};
use crate::domain::config::{PluginConfig, Problem, Problems, TaskConfig, Value};
use crate::domain::policy;
use crate::domain::task::request::MemoryMax;
use std::sync::Arc;

/// What a job shall run on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Target<'a> {
    /// The operator's configuration; `None` for any.
    pub plugin: Option<&'a PluginConfig>,
    /// The Podman; `None` for any.
    pub podman: Option<TargetPodman>,
}

/// Adds to `report` what is wrong with `source`, for any operator or for the one who wrote `plugin`.
pub fn check(source: &Arc<Source>, inputs: &Inputs, plugin: Option<&PluginConfig>, report: &mut Report) {
    check_for(source, inputs, Target { plugin, podman: None }, report);
}

/// Adds to `report` what is wrong with `source` on `target`.
pub fn check_for(source: &Arc<Source>, inputs: &Inputs, target: Target<'_>, report: &mut Report) {
    let Examined { job, problems, notices } = examine(source, inputs);
    let mut found = problems;
    found.0.extend(notices.0);
    let own: Vec<(&Group, &Task)> = job.iter().flat_map(Job::own_tasks).collect();
    let namespace = job.as_ref().map(|job| job.namespace.as_str()).unwrap_or_default();
    found.0.extend(shared::among_cores(&own, |(group, task)| task_findings(group, task, namespace, target)));
    report.add(found, own.len());
}

fn task_findings(group: &Group, task: &Task, namespace: &str, target: Target<'_>) -> Vec<Finding> {
    let Judged { value, config, mut findings } = judge(task);
    findings.extend(start_problems(group, task, &value));
    let usual = PluginConfig::default();
    let plan = config
        .as_ref()
        .map(|config| start::planned(&start::usual(), group, task, config, target.plugin.unwrap_or(&usual)));
    if let Some(Err(problems)) = &plan {
        findings.extend(untold(task, &value, problems));
    }
    let at_name = |problem: Problem, rule: Rule| {
        Finding::new(Some(task.config.spans.name(&problem.path)), problem.to_string()).of(rule)
    };
    let mode = group.network.as_ref().map(|network| network.mode.as_str()).unwrap_or_default();
    let around = Around { group_namespace: mode == "bridge" || mode.starts_with("cni/") };
    let idle = without_effect(&value, around).into_iter();
    findings.extend(idle.map(|problem| at_name(problem, Rule::NoEffect)));
    if let (Some(TargetPodman::One), Some(config)) = (target.podman, &config) {
        let missing = podman1::problems(group, task, config, target.plugin).into_iter();
        findings.extend(missing.map(|problem| at_name(problem, Rule::Podman)));
    }
    if let (Some(plugin), Some(config)) = (target.plugin, &config) {
        let forbidden = forbidden(plugin, namespace, config, &value).into_iter();
        findings.extend(forbidden.map(|problem| at_name(problem, Rule::Policy)));
    }
    if let (Some(plugin), Some(Ok(plan))) = (target.plugin, &plan) {
        let outside = start::outside(plan, plugin, namespace, &value).into_iter();
        findings.extend(outside.map(|problem| at_name(problem, Rule::Policy)));
    }
    findings
}

/// What a start would refuse besides, as far as it is known.
fn untold(task: &Task, value: &Value, problems: &Problems) -> Vec<Finding> {
    let Value::Map(map) = value else { return vec![] };
    let known = |option: &str| match option {
        // Told already, in more words.
        "ports" | "port_map" => false,
        "memory_swap" => task.resources.memory_is_known && task.resources.memory_max != MemoryMax::Unlimited,
        option => !map.get(option).is_some_and(has_unknown),
    };
    let option = |problem: &&Problem| known(problem.path.split(['.', '[']).next().unwrap_or_default());
    let problems = Problems(problems.0.iter().filter(option).cloned().collect());
    at_their_lines(task, problems)
}

/// What the driver refuses only when it puts the task's parts together.
fn start_problems(group: &Group, task: &Task, value: &Value) -> Vec<Finding> {
    let Value::Map(map) = value else { return vec![] };
    let spans = &task.config.spans;
    let given = |name: &str| !matches!(map.get(name), None | Some(Value::Null));
    let mut found = vec![];
    let mut refuse = |option: &str, reason: &str| {
        let reason = format!("{option}: {reason}");
        found.push(Finding::new(Some(spans.place(option)), reason).of(Rule::Option));
    };
    if given("ports") && given("port_map") {
        refuse("port_map", "cannot be used together with ports; keep ports");
    } else if given("port_map") && task.resources.network.is_none() {
        refuse("port_map", "needs a network block in the task's resources; with group networks use ports");
    }
    let unlimited = task.resources.memory_max == MemoryMax::Unlimited;
    let bytes = matches!(map.get("memory_swap"), Some(Value::Text(text)) if !text.is_empty() && text != "-1");
    if unlimited && bytes {
        refuse("memory_swap", "needs a memory limit, which this task does not have");
    }
    if let Some(Value::List(labels)) = map.get("ports") {
        found
            .extend(labels.iter().enumerate().filter_map(|(at, label)| unknown_port(group, task, at, label)));
    }
    found
}

fn unknown_port(group: &Group, task: &Task, at: usize, label: &Value) -> Option<Finding> {
    let Value::Text(label) = label else { return None };
    let label = label.split('/').next().unwrap_or(label);
    let known: Vec<&str> =
        group.network.iter().flat_map(|it| &it.ports).map(|it| it.label.as_str()).collect();
    let may_have_it = group.network.as_ref().is_some_and(|network| network.may_have_more);
    if known.contains(&label) || may_have_it {
        return None;
    }
    let have = if known.is_empty() { "no ports".to_owned() } else { known.join(", ") };
    let path = format!("ports[{at}]");
    let reason = format!("{path}: port {label:?} not found in the group's network block, which has {have}");
    let help = nearest(label, known).map(|meant| format!("did you mean {meant}?"));
    Some(Finding::new(Some(task.config.spans.place(&path)), reason).of(Rule::Option).with_help(help))
}

/// What the operator's rules refuse. What is not known is not judged.
fn forbidden(plugin: &PluginConfig, namespace: &str, config: &TaskConfig, value: &Value) -> Vec<Problem> {
    let Value::Map(map) = value else { return vec![] };
    let known = |option: &str| !map.get(option).is_some_and(has_unknown);
    let violations =
        policy::check(&plugin.policy.rules(namespace), config, plugin.default_socket_name()).err();
    let violations = violations.into_iter().flat_map(|violations| violations.0);
    let violations = violations.filter(|violation| known(violation.option)).map(|violation| {
        let reason = format!("refused by {} of the plugin config: {}", violation.rule, violation.reason);
        Problem::new(violation.option, reason)
    });
    violations.chain(unknown_socket(plugin, config)).collect()
}

fn unknown_socket(plugin: &PluginConfig, config: &TaskConfig) -> Option<Problem> {
    let name = config.process.socket.as_deref().filter(|name| *name != DEFAULT_SOCKET)?;
    let known: Vec<&str> = plugin.sockets.iter().map(|socket| socket.name.as_str()).collect();
    let reason = || format!("the plugin config has no socket {name:?}; it has {}", known.join(", "));
    (!known.contains(&name)).then(|| Problem::new("socket", reason()))
}

fn has_unknown(value: &Value) -> bool {
    match value {
        Value::Unknown => true,
        Value::List(items) => items.iter().any(has_unknown),
        Value::Map(map) => map.values().any(has_unknown),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => false,
    }
}
