//! A job as the command line plays it: the parts of Nomad's job specification that a one-node host needs.

use super::source::Place;
use crate::domain::config::Value;
use crate::domain::signal::Signal;
use crate::domain::task::request::{Dns, MemoryMax};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// A job.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is the one of Nomad's job specification")]
pub struct Job {
    pub id: String,
    pub name: String,
    pub namespace: String,
    pub region: String,
    pub datacenters: Vec<String>,
    pub kind: JobKind,
    pub meta: BTreeMap<String, String>,
    pub groups: Vec<Group>,
}

impl Job {
    /// The tasks of our driver, with their groups.
    pub fn own_tasks(&self) -> impl Iterator<Item = (&Group, &Task)> {
        let tasks = self.groups.iter().flat_map(|group| group.tasks.iter().map(move |task| (group, task)));
        tasks.filter(|(_, task)| task.driver == super::DRIVER)
    }
}

/// The `type` of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// Runs for ever: a task that ends is started again.
    Service,
    /// Runs on every node.
    System,
    /// Runs to completion.
    Batch,
    /// Runs to completion on every node.
    Sysbatch,
}

impl JobKind {
    /// Whether an exit with code 0 is the end of a task.
    pub fn runs_to_completion(self) -> bool {
        matches!(self, Self::Batch | Self::Sysbatch)
    }
}

/// A group: what is placed together.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is the one of Nomad's job specification")]
pub struct Group {
    pub name: String,
    pub count: u32,
    pub restart: RestartPolicy,
    pub network: Option<Network>,
    pub meta: BTreeMap<String, String>,
    pub tasks: Vec<Task>,
}

/// A `restart` block with its defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartPolicy {
    /// Restarts allowed within the interval.
    pub attempts: u32,
    /// See `attempts`.
    pub interval: Duration,
    /// Pause before a restart.
    pub delay: Duration,
    /// What happens when the attempts are used up.
    pub mode: RestartMode,
}

/// The `mode` of a `restart` block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestartMode {
    /// The task has failed.
    Fail,
    /// It is started again in the next interval.
    Delay,
}

impl RestartPolicy {
    /// Nomad's defaults, which depend on the type of the job.
    pub fn default_for(kind: JobKind) -> Self {
        let (attempts, interval) = if kind.runs_to_completion() { (3, 24 * 3600) } else { (2, 30 * 60) };
        Self {
            attempts,
            interval: Duration::from_secs(interval),
            delay: Duration::from_secs(15),
            mode: RestartMode::Fail,
        }
    }
}

/// A `network` block.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Network {
    /// `host`, `bridge`, `none`, `cni/…`; empty if not given.
    pub mode: String,
    /// Its ports.
    pub ports: Vec<PortSpec>,
    /// Its `dns` block.
    pub dns: Option<Dns>,
    /// It may have ports, or be there at all, by what only Nomad knows.
    pub may_have_more: bool,
}

/// A `port` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortSpec {
    /// Its name.
    pub label: String,
    /// Host port, if it must be this one.
    pub fixed: Option<u16>,
    /// Port in the container.
    pub to: PortTarget,
}

/// The `to` of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortTarget {
    /// Not given, or -1: the same number as on the host.
    Same,
    /// This one.
    Port(u16),
}

/// A task.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// Its driver; tasks of others than `podman` are not played.
    pub driver: String,
    /// User in the container.
    pub user: Option<String>,
    /// Its `config` block, with `${…}` of run-time references still in the texts.
    pub config: TaskConfigBlock,
    /// Its `env` block, likewise.
    pub env: BTreeMap<String, String>,
    /// Its `meta` block.
    pub meta: BTreeMap<String, String>,
    /// Its `resources` block.
    pub resources: ResourceSpec,
    /// Time between the stop signal and SIGKILL.
    pub kill_timeout: Duration,
    /// The stop signal; `None` for the container's own.
    pub kill_signal: Option<Signal>,
    /// The policy of its group, with what it overrides.
    pub restart: RestartPolicy,
    /// When it runs.
    pub lifecycle: Lifecycle,
    /// Its output is thrown away.
    pub logs_disabled: bool,
    /// Its end ends the group.
    pub leader: bool,
    /// Its header in the file.
    pub place: Place,
}

/// When a task runs, relative to the main tasks of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// No `lifecycle` block.
    Main,
    /// Before the main tasks, to its end.
    Prestart,
    /// From before the main tasks until their end.
    PrestartSidecar,
    /// Once the main tasks run, to its end.
    Poststart,
    /// From when the main tasks run until their end.
    PoststartSidecar,
    /// After the main tasks.
    Poststop,
}

/// A `resources` block.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceSpec {
    /// Shares in MHz.
    pub cpu: u64,
    /// Reserved cores, instead of `cpu`.
    pub cores: Option<u32>,
    /// MiB.
    pub memory: u64,
    /// Both limits are written, or left out; not so where they are values that only Nomad knows.
    pub memory_is_known: bool,
    /// Hard limit above `memory`.
    pub memory_max: MemoryMax,
    /// The older, task-level network.
    pub network: Option<Network>,
}

/// A `config` block and where its values were written.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskConfigBlock {
    /// As the driver gets it.
    pub value: Value,
    /// See [`Spans`].
    pub spans: Spans,
}

/// Where the values of a `config` block are, by path: `volumes[1]`, `port_map.db`; the empty path is the block.
#[derive(Debug, Clone, PartialEq)]
pub struct Spans {
    /// The file.
    pub source: std::sync::Arc<super::source::Source>,
    /// Bytes of each value.
    pub by_path: BTreeMap<String, Range<usize>>,
    /// Bytes of each name.
    pub names: BTreeMap<String, Range<usize>>,
}

impl Spans {
    /// The place of `path`, or of what is nearest around it.
    pub fn place(&self, path: &str) -> Place {
        let mut path = path;
        loop {
            // A block that stands alone is the first of its kind to the driver, but needs no number here.
            let span = self.by_path.get(path).or_else(|| self.by_path.get(&path.replace("[0]", "")));
            if let Some(span) = span {
                return Place { source: self.source.clone(), span: span.clone() };
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None if path.is_empty() => return Place { source: self.source.clone(), span: 0..0 },
                None => path = "",
            }
        }
    }

    /// The place of the name at `path`, or of what is nearest around it.
    pub fn name(&self, path: &str) -> Place {
        match self.names.get(path).or_else(|| self.names.get(&path.replace("[0]", ""))) {
            Some(span) => Place { source: self.source.clone(), span: span.clone() },
            None => self.place(path),
        }
    }
}
