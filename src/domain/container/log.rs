//! Where the output of a task goes.

use super::spec::{Log, LogDriver};
use crate::domain::config::PluginConfig;
use crate::domain::config::task::logging::{LogDriverOption, LoggingOptions};

/// The task's block as a whole, else the plugin's.
pub fn log(task: &LoggingOptions, plugin: &PluginConfig) -> Log {
    let logging = if task.is_given() { task } else { &plugin.logging };
    let driver = match logging.driver {
        Some(LogDriverOption::Journald) => LogDriver::Journal,
        // Nobody will read a file of ours.
        Some(LogDriverOption::Nomad) | None if plugin.disable_log_collection => LogDriver::Runtime,
        Some(LogDriverOption::Nomad) | None => LogDriver::File,
    };
    Log { driver, options: logging.options.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tasks_block_replaces_the_plugins() {
        let journald = LoggingOptions {
            driver: Some(LogDriverOption::Journald),
            options: [("tag".into(), "x".into())].into(),
        };
        let nomad = LoggingOptions { driver: Some(LogDriverOption::Nomad), ..LoggingOptions::default() };
        let plugin = PluginConfig { logging: journald, ..PluginConfig::default() };
        assert_eq!(log(&LoggingOptions::default(), &plugin).driver, LogDriver::Journal);
        assert_eq!(log(&nomad, &plugin), Log::default());
        let silent = PluginConfig { disable_log_collection: true, ..PluginConfig::default() };
        assert_eq!(log(&nomad, &silent).driver, LogDriver::Runtime);
    }
}
