//! Where the output goes; the task's block and the plugin's are of one shape.

use crate::domain::config::grammar::memory;
use crate::domain::config::reader::Reader;
use crate::domain::config::value::Value;
use std::collections::BTreeMap;

/// The one of `options` that has a field of its own on the wire.
pub const MAX_SIZE: &str = "max-size";

/// A `logging` block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoggingOptions {
    /// `driver`.
    pub driver: Option<LogDriverOption>,
    /// `options`.
    pub options: BTreeMap<String, String>,
    /// `max_size`, in bytes.
    pub max_size: Option<u64>,
}

/// `logging.driver`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogDriverOption {
    /// A file of Podman, passed on to Nomad.
    Nomad,
    /// The journal.
    Journald,
}

impl LoggingOptions {
    /// Whether the block says anything.
    pub fn is_given(&self) -> bool {
        self.driver.is_some() || !self.options.is_empty() || self.max_size.is_some()
    }
}

/// Reads a checked block.
pub fn read(block: &BTreeMap<String, Value>) -> LoggingOptions {
    let logging = Reader(block);
    let driver = match logging.text("driver").as_deref() {
        Some("journald") => Some(LogDriverOption::Journald),
        Some("nomad") => Some(LogDriverOption::Nomad),
        _ => None,
    };
    let max_size = logging.text("max_size").and_then(|size| memory::bytes(&size).ok());
    LoggingOptions { driver, options: logging.text_map("options"), max_size }
}
