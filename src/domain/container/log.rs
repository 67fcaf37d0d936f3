//! Where the output of a task goes.

use super::spec::{Log, LogDriver};
use crate::domain::config::grammar::memory;
use crate::domain::config::task::logging::{LogDriverOption, LoggingOptions, MAX_SIZE};
use crate::domain::config::{PluginConfig, Problem};

/// The task's block as a whole, else the plugin's.
///
/// # Errors
/// `max-size` is no size.
pub fn log(task: &LoggingOptions, plugin: &PluginConfig) -> Result<Log, Problem> {
    let logging = effective(task, plugin);
    let driver = match logging.driver {
        Some(LogDriverOption::Journald) => LogDriver::Journal,
        // Nobody will read a file of ours.
        Some(LogDriverOption::Nomad) | None if plugin.disable_log_collection => LogDriver::Runtime,
        Some(LogDriverOption::Nomad) | None => LogDriver::File,
    };
    let mut options = logging.options.clone();
    let size = options.remove(MAX_SIZE).map(|size| memory::bytes(&size)).transpose();
    let rotate_at = size.map_err(|bad| Problem::new("logging.options.max-size", bad.to_string()))?;
    Ok(Log { driver, options, rotate_at })
}

/// Bytes of output that may wait for the host, beyond which the oldest are dropped; `None` for what the disk holds.
pub fn backlog_max(task: &LoggingOptions, plugin: &PluginConfig) -> Option<u64> {
    effective(task, plugin).max_size
}

fn effective<'o>(task: &'o LoggingOptions, plugin: &'o PluginConfig) -> &'o LoggingOptions {
    if task.is_given() { task } else { &plugin.logging }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tasks_block_replaces_the_plugins() {
        let journald = LoggingOptions {
            driver: Some(LogDriverOption::Journald),
            options: [("tag".into(), "x".into())].into(),
            max_size: None,
        };
        let nomad = LoggingOptions { driver: Some(LogDriverOption::Nomad), ..LoggingOptions::default() };
        let plugin = PluginConfig { logging: journald, ..PluginConfig::default() };
        let log = |task: &_, plugin: &_| log(task, plugin).unwrap();
        assert_eq!(log(&LoggingOptions::default(), &plugin).driver, LogDriver::Journal);
        assert_eq!(log(&nomad, &plugin), Log::default());
        let bounded = LoggingOptions { max_size: Some(4096), ..LoggingOptions::default() };
        assert_eq!((log(&bounded, &plugin), backlog_max(&bounded, &plugin)), (Log::default(), Some(4096)));
        let silent = PluginConfig { disable_log_collection: true, ..PluginConfig::default() };
        assert_eq!(log(&nomad, &silent).driver, LogDriver::Runtime);
    }

    #[test]
    fn a_size_is_no_option_of_the_driver() {
        let of = |size: &str| {
            let options = [("tag".into(), "x".into()), ("max-size".into(), size.into())].into();
            log(&LoggingOptions { options, ..LoggingOptions::default() }, &PluginConfig::default())
        };
        let Log { options, rotate_at, .. } = of("10m").unwrap();
        assert_eq!((options.len(), rotate_at), (1, Some(10 << 20)));
        assert_eq!(of("big").unwrap_err().path, "logging.options.max-size");
    }
}
