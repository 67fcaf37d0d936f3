//! The program, its surroundings, and its health.

use super::Task;
use crate::domain::config::reader::Reader;
use crate::domain::config::value::Value;
use crate::domain::duration;
use crate::domain::secret::Texts;
use crate::domain::signal::Signal;
use std::collections::BTreeMap;
use std::time::Duration;

/// The options of `task_options::process`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the option of the same name, documented in its row")]
pub struct ProcessOptions {
    pub command: Option<String>,
    pub args: Vec<String>,
    pub entrypoint: Vec<String>,
    pub working_dir: Option<String>,
    pub hostname: Option<String>,
    pub labels: Texts,
    pub annotations: Texts,
    pub init: bool,
    pub init_path: Option<String>,
    pub tty: bool,
    pub stop_signal: Option<Signal>,
    pub healthcheck: HealthOptions,
    pub runtime: Option<String>,
    /// `None` for the default one.
    pub socket: Option<String>,
}

/// `healthcheck` and `healthchecks`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the option of the same name, documented in its row")]
pub struct HealthOptions {
    /// `healthchecks { disable = true }`.
    pub disable: bool,
    pub command: Option<HealthCommand>,
    pub interval: Option<Duration>,
    pub timeout: Option<Duration>,
    pub start_period: Option<Duration>,
    pub retries: Option<u32>,
    pub on_failure: Option<HealthAction>,
}

/// `healthcheck.command`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthCommand {
    /// A line for the shell.
    Shell(String),
    /// A program and its arguments.
    Program(Vec<String>),
}

/// `healthcheck.on_failure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthAction {
    /// Nothing.
    None,
    /// SIGKILL.
    Kill,
    /// The stop signal, then SIGKILL.
    Stop,
}

/// Reads the topic.
pub fn read(task: Task<'_>) -> ProcessOptions {
    ProcessOptions {
        command: task.filled("command"),
        args: task.texts("args"),
        entrypoint: task.texts("entrypoint"),
        working_dir: task.filled("working_dir"),
        hostname: task.filled("hostname"),
        labels: task.text_map("labels").into(),
        annotations: task.text_map("annotations").into(),
        init: task.flag("init"),
        init_path: task.filled("init_path"),
        tty: task.flag("tty"),
        stop_signal: task.parsed("stop_signal", str::parse),
        healthcheck: health(&task.block("healthcheck"), &task.block("healthchecks")),
        runtime: task.filled("runtime"),
        socket: task.filled("socket").filter(|name| name != "default"),
    }
}

fn health(check: &BTreeMap<String, Value>, checks: &BTreeMap<String, Value>) -> HealthOptions {
    let reader = Reader(check);
    HealthOptions {
        disable: Reader(checks).flag("disable"),
        command: health_command(reader, check.get("command")),
        interval: reader.parsed("interval", duration::parse),
        timeout: reader.parsed("timeout", duration::parse),
        start_period: reader.parsed("start_period", duration::parse),
        retries: reader.number("retries").and_then(|retries| u32::try_from(retries).ok()),
        on_failure: reader.filled("on_failure").and_then(|action| match action.as_str() {
            "none" => Some(HealthAction::None),
            "kill" => Some(HealthAction::Kill),
            "stop" => Some(HealthAction::Stop),
            _ => None,
        }),
    }
}

fn health_command(reader: Reader<'_, String>, value: Option<&Value>) -> Option<HealthCommand> {
    match value {
        Some(Value::Text(line)) if !line.is_empty() => Some(HealthCommand::Shell(line.clone())),
        Some(Value::List(_)) => {
            Some(reader.texts("command")).filter(|argv| !argv.is_empty()).map(HealthCommand::Program)
        }
        _ => None,
    }
}
