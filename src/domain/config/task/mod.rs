//! The task configuration, typed: one file per topic, as the option tables.

pub mod image;
pub mod logging;
pub mod network;
pub mod process;
pub mod resources;
pub mod security;
pub mod storage;

use super::check::check;
use super::problem::Problems;
use super::reader::Reader;
use super::task_options::TASK_OPTIONS;
use super::value::Value;

/// A checked configuration to read a topic from.
type Task<'a> = Reader<'a, &'static str>;

/// The `config` block of a task. Fields follow [`TASK_OPTIONS`]; their docs are there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is a topic, documented in its module")]
pub struct TaskConfig {
    pub image: image::ImageOptions,
    pub process: process::ProcessOptions,
    pub resources: resources::ResourceOptions,
    pub storage: storage::StorageOptions,
    pub network: network::NetworkOptions,
    pub security: security::SecurityOptions,
    pub logging: logging::LoggingOptions,
}

impl TaskConfig {
    /// Decodes `value` by [`TASK_OPTIONS`].
    ///
    /// # Errors
    /// Every option that cannot be used, and every pair that cannot be used together.
    pub fn decode(value: &Value) -> Result<Self, Problems> {
        let checked = check(TASK_OPTIONS, value)?;
        let task = Reader(&checked);
        let mut problems = Problems::default();
        let config = Self {
            image: image::read(task, &mut problems),
            process: process::read(task),
            resources: resources::read(task),
            storage: storage::read(task),
            network: network::read(task, &mut problems),
            security: security::read(task),
            logging: logging::read(&task.block("logging")),
        };
        problems.or(config)
    }
}

#[cfg(test)]
mod tests;
