//! What Podman 1 cannot do of a task, found in the plan of its start.

use super::super::jobfile::model::{Group, Task};
use super::start;
use crate::domain::config::{PluginConfig, Problem, TaskConfig};
use crate::domain::container::podman1;

/// The options of a task that Podman 1 would refuse. What no Podman takes has been told by others.
pub fn problems(
    group: &Group,
    task: &Task,
    config: &TaskConfig,
    plugin: Option<&PluginConfig>,
) -> Vec<Problem> {
    let usual = PluginConfig::default();
    let plugin = plugin.unwrap_or(&usual);
    let Ok(plan) = start::planned(&start::podman1(), group, task, config, plugin) else { return vec![] };
    let mut problems = podman1::check(&plan.spec).err().unwrap_or_default().0;
    let pulled = podman1::check_pull(&plan.pull).err().unwrap_or_default().0;
    let more: Vec<Problem> = pulled.into_iter().filter(|problem| !problems.contains(problem)).collect();
    problems.extend(more);
    problems
}
