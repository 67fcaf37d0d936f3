//! The task configuration, typed: one file per topic, as the option tables.

pub mod image;
pub mod logging;
pub mod network;
pub mod process;
pub mod resources;
pub mod security;
pub mod storage;

use super::check::check;
use super::grammar::namespace::NamespaceOption;
use super::problem::{Problem, Problems};
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
        problems.0.extend(config.contradictions());
        problems.or(config)
    }

    /// Options of different topics that exclude each other: Podman would refuse them, or drop one.
    fn contradictions(&self) -> Vec<Problem> {
        let own = matches!(
            self.security.ipc_mode,
            None | Some(NamespaceOption::Private | NamespaceOption::Shareable)
        );
        let shm_size = (self.resources.shm_size.is_some() && !own)
            .then(|| Problem::new("shm_size", "needs ipc_mode private or shareable"));
        let foreign =
            matches!(self.security.uts_mode, Some(NamespaceOption::Host | NamespaceOption::Path(_)));
        let hostname = (self.process.hostname.is_some() && foreign).then(|| {
            Problem::new(
                "hostname",
                "needs uts_mode private: the name is of a namespace that is not the task's",
            )
        });
        shm_size.into_iter().chain(hostname).collect()
    }
}

#[cfg(test)]
mod tests;
