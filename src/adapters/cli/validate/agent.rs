//! Judges the plugin block in the configuration of a Nomad agent.

use super::super::jobfile::options::{at, unknown_options};
use super::super::jobfile::{Finding, Findings, Rule, Source, plugin_block};
use super::report::Report;
use crate::domain::config::PluginConfig;
use crate::domain::config::plugin_options::PLUGIN_OPTIONS;
use std::sync::Arc;

/// The plugin's name in the agent's configuration: that of its file.
const PLUGIN: &str = "nomad-driver-podman";

/// Adds to `report` what is wrong with the plugin block of `source`; its configuration, if it is right. Without a
/// block it is the default one, as for the agent.
pub fn check(source: &Arc<Source>, report: &mut Report) -> Option<PluginConfig> {
    let (block, mut found) = plugin_block(source, PLUGIN);
    let config = match &block {
        None => Ok(PluginConfig::default()),
        Some(block) => {
            found.0.extend(unknown_options(PLUGIN_OPTIONS, &block.value, &block.spans));
            PluginConfig::decode(&block.value)
        }
    };
    let (config, problems) = config.map_or_else(|problems| (None, Some(problems)), |it| (Some(it), None));
    if let (Some(problems), Some(block)) = (problems, &block) {
        found.0.extend(at(&block.spans, PLUGIN_OPTIONS, problems).into_iter().map(|it| it.of(Rule::Agent)));
    }
    // What is half read would forbid too little, or too much.
    let config = config.filter(|_| found.0.is_empty());
    report.add(Findings(found.0.into_iter().map(as_agents).collect()), 0);
    config
}

fn as_agents(finding: Finding) -> Finding {
    if finding.rule == Rule::Job { finding.of(Rule::Agent) } else { finding }
}
