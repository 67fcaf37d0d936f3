//! Entrypoint, command, environment.

use crate::domain::config::TaskConfig;
use crate::domain::secret::Env;
use crate::domain::task::TaskRequest;

/// `command` and `args` as one list. Without a command the arguments go to the image's entrypoint.
pub fn command(config: &TaskConfig) -> Vec<String> {
    config.process.command.iter().chain(&config.process.args).cloned().collect()
}

/// The task's environment; `port_map` adds the container port of each label as `NOMAD_PORT_<label>`.
pub fn env(task: &TaskRequest, config: &TaskConfig) -> Env {
    let mut env = task.env.clone();
    for (label, port) in &config.network.port_map {
        env.set(format!("NOMAD_PORT_{}", env_name(label)), port.to_string());
    }
    env
}

/// Nomad's rule for labels in variable names.
fn env_name(label: &str) -> String {
    label.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') { c } else { '_' }).collect()
}
