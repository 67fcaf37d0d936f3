//! The task configuration, typed.

use super::check::check;
use super::memory::{self, MemorySize};
use super::network_mode::{self, NetworkModeOption};
use super::problem::Problems;
use super::reader::Reader;
use super::task_options::TASK_OPTIONS;
use super::tmpfs::{self, Tmpfs};
use super::value::Value;
use super::volume::{self, Volume};
use crate::domain::image::ImageRef;
use std::collections::BTreeMap;

/// The `config` block of a task. Fields follow [`TASK_OPTIONS`]; their docs are there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the option of the same name, documented in its row")]
pub struct TaskConfig {
    pub image: ImageRef,
    pub command: Option<String>,
    pub args: Vec<String>,
    pub entrypoint: Vec<String>,
    pub working_dir: Option<String>,
    pub volumes: Vec<Volume>,
    pub tmpfs: Vec<Tmpfs>,
    pub hostname: Option<String>,
    pub init: bool,
    pub init_path: Option<String>,
    pub memory_reservation: Option<u64>,
    pub memory_swap: Option<MemorySize>,
    pub memory_swappiness: Option<u64>,
    pub network_mode: Option<NetworkModeOption>,
    pub ports: Vec<String>,
    pub port_map: BTreeMap<String, i64>,
}

impl TaskConfig {
    /// Decodes `value` by [`TASK_OPTIONS`].
    ///
    /// # Errors
    /// Every option that cannot be used.
    pub fn decode(value: &Value) -> Result<Self, Problems> {
        let checked = check(TASK_OPTIONS, value)?;
        let task = Reader(&checked);
        let text = |name| task.text(name).filter(|text| !text.is_empty());
        Ok(Self {
            image: text("image").and_then(|image| ImageRef::parse(&image).ok()).unwrap_or_default(),
            command: text("command"),
            args: task.texts("args"),
            entrypoint: task.texts("entrypoint"),
            working_dir: text("working_dir"),
            volumes: task.texts("volumes").iter().filter_map(|v| volume::parse(v).ok()).collect(),
            tmpfs: task.texts("tmpfs").iter().filter_map(|t| tmpfs::parse(t).ok()).collect(),
            hostname: text("hostname"),
            init: task.flag("init"),
            init_path: text("init_path"),
            memory_reservation: text("memory_reservation").as_deref().and_then(bytes),
            memory_swap: text("memory_swap").and_then(|size| memory::parse(&size).ok()),
            memory_swappiness: task.number("memory_swappiness").and_then(|n| u64::try_from(n).ok()),
            network_mode: text("network_mode").and_then(|mode| network_mode::parse(&mode).ok()),
            ports: task.texts("ports"),
            port_map: task.numbers("port_map"),
        })
    }
}

fn bytes(text: &str) -> Option<u64> {
    match memory::parse(text) {
        Ok(MemorySize::Bytes(bytes)) => Some(bytes),
        Ok(MemorySize::Unlimited) | Err(_) => None,
    }
}
