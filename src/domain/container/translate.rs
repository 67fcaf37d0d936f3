//! A task becomes a container: the topics put together.

use super::mounts::OptionPath;
use super::spec::{ContainerSpec, PublishedPort};
use super::{command, dns, health, labels, limits, log, mounts, network, ports, pull, security};
use crate::domain::config::{PluginConfig, Problems, TaskConfig};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::image::{Image, ImageRef, PullRequest};
use crate::domain::mapped::Mapped;
use crate::domain::policy::PathRule;
use crate::domain::task::TaskRequest;
use crate::domain::task::identity::ContainerName;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The cgroup that Nomad keeps its tasks in.
const NOMAD_SLICE: &str = "nomad.slice";

/// What a translation needs to know besides the task.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    /// The operator's decisions.
    pub plugin: &'a PluginConfig,
    /// The runtime the task will run on.
    pub runtime: &'a RuntimeFacts,
    /// Number of CPU cores.
    pub cores: u32,
}

/// A spec, and what is left to do before it may be created.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Complete but for [`Plan::paths`], and for the image where it must be got first.
    pub spec: ContainerSpec,
    /// How the image is got; the account is not in it yet.
    pub pull: PullRequest,
    /// Host paths that the job chose. They must resolve to what [`Plan::rule`] allows.
    pub paths: Vec<HostPath>,
    /// `None` if every path will do.
    pub path_rule: Option<PathRule>,
    /// As `path_rule`, for seccomp profiles.
    pub profile_rule: Option<PathRule>,
    /// What the task asks for and does not get, for a person.
    pub notes: Vec<String>,
    /// Container port of each label, for the host's service registration.
    pub port_map: BTreeMap<String, u16>,
}

impl Plan {
    /// Where a path for this may lead; `None` for anywhere.
    pub fn rule(&self, purpose: &PathPurpose) -> Option<&PathRule> {
        match purpose {
            PathPurpose::Seccomp => self.profile_rule.as_ref(),
            PathPurpose::Mount(_) | PathPurpose::Volume { .. } | PathPurpose::Archive | PathPurpose::Init => {
                self.path_rule.as_ref()
            }
        }
    }
}

/// A host path that a job chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPath {
    /// What it is for.
    pub purpose: PathPurpose,
    /// Absolute; `.` and `..` are resolved by text.
    pub path: PathBuf,
}

/// What a host path is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathPurpose {
    /// The source of the mount with this target.
    Mount(String),
    /// In the options of a volume.
    Volume {
        /// Target of the volume.
        target: String,
        /// As it stands there.
        written: String,
    },
    /// The image.
    Archive,
    /// The seccomp profile.
    Seccomp,
    /// The init.
    Init,
}

/// Translates a task.
///
/// # Errors
/// Every option that cannot work for this task on this node.
pub fn plan(task: &TaskRequest, config: &TaskConfig, node: Node<'_>) -> Result<Plan, Problems> {
    let mut problems = Problems::default();
    let spec = spec(task, config, node, &mut problems);
    let port_map = port_map(task, config, &spec.ports);
    let rules = node.plugin.policy.rules(&task.meta.namespace);
    let paths = host_paths(task, config, &spec);
    let pull = pull::request(task, &config.image);
    let path_rule = PathRule::of(node.plugin, &rules);
    let profile_rule = PathRule::of_profiles(node.plugin, &rules);
    let notes = limits::out_of_reach(&task.resources, &config.resources, node.runtime).into_iter().collect();
    problems.or(Plan { spec, pull, paths, path_rule, profile_rule, notes, port_map })
}

fn spec(task: &TaskRequest, config: &TaskConfig, node: Node<'_>, problems: &mut Problems) -> ContainerSpec {
    let (process, storage) = (&config.process, &config.storage);
    let network = network::network(task, &config.network, node, problems);
    let (devices, cdi_devices) = mounts::devices(task, storage);
    ContainerSpec {
        name: ContainerName::of_task(&task.meta.task_name, &task.meta.alloc_id),
        image: image(&config.image.image),
        entrypoint: process.entrypoint.clone(),
        command: command::command(config),
        env: command::env(task, config),
        labels: labels::labels(
            task,
            &process.labels,
            &node.plugin.extra_labels,
            log::backlog_max(&config.logging, node.plugin),
        ),
        hostname: process.hostname.clone(),
        user: task.user.clone(),
        working_dir: process.working_dir.clone(),
        init: process.init,
        init_path: process.init_path.clone(),
        mounts: mounts::mounts(task, storage, node.plugin, config.security.privileged),
        devices,
        ports: problems.note(ports::ports(&task.resources, &config.network, &network)),
        dns: dns::dns(task.dns.as_ref(), &config.network, node.plugin),
        hosts: problems.note(network::hosts(task, &config.network, &network)),
        network,
        limits: problems.note(limits::limits(&task.resources, &config.resources, node)),
        terminal: process.tty,
        stop_signal: process.stop_signal,
        annotations: process.annotations.clone(),
        oci_runtime: process.runtime.clone(),
        health: problems.note(health::health(&process.healthcheck)),
        log: problems.note(log::log(&config.logging, node.plugin)),
        security: security::security(&config.security, &task.meta.alloc_id),
        cdi_devices,
        secrets: storage.secrets.clone(),
        storage_options: storage.storage_opt.clone(),
        cgroup_parent: node.runtime.has_slices().then(|| NOMAD_SLICE.to_owned()),
        unproven_registry: pull::request(task, &config.image).asks_unproven(),
    }
}

/// An archive says what it is called once it is loaded.
fn image(image: &Image) -> ImageRef {
    match image {
        Image::Named(image) => image.clone(),
        Image::Archive(_) => ImageRef::default(),
    }
}

fn host_paths(task: &TaskRequest, config: &TaskConfig, spec: &ContainerSpec) -> Vec<HostPath> {
    let mounts = mounts::chosen_by_job(task, &config.storage).into_iter();
    let mounts = mounts.map(|(target, path)| HostPath { purpose: PathPurpose::Mount(target), path });
    let volumes = mounts::in_volume_options(task, &config.storage).into_iter();
    let volumes = volumes.map(|OptionPath { target, written, path }| HostPath {
        purpose: PathPurpose::Volume { target, written },
        path,
    });
    let archive = match &config.image.image {
        Image::Archive(archive) => Some((PathPurpose::Archive, archive.path.as_str())),
        Image::Named(_) => None,
    };
    let seccomp = spec.security.seccomp.as_deref().filter(|profile| *profile != "unconfined");
    let seccomp = seccomp.map(|profile| (PathPurpose::Seccomp, profile));
    let init = spec.init_path.as_deref().filter(|_| spec.init).map(|init| (PathPurpose::Init, init));
    let single = archive.into_iter().chain(seccomp).chain(init);
    let single = single.map(|(purpose, path)| HostPath { purpose, path: mounts::host_path(task, path) });
    mounts.chain(volumes).chain(single).collect()
}

/// Container port by label: of the group's ports that the task publishes, and of `port_map`.
fn port_map(task: &TaskRequest, config: &TaskConfig, published: &[PublishedPort]) -> BTreeMap<String, u16> {
    let group =
        task.resources.ports.iter().filter(|port| config.network.ports.iter().any(|p| p.label == port.label));
    let group = group
        .filter(|port| published.iter().any(|p| p.host == port.host))
        .map(|port| (port.label.clone(), port.container.unwrap_or(port.host)));
    let of_port_map = config
        .network
        .port_map
        .iter()
        .filter_map(|(label, port)| Some((label.clone(), u16::try_from(*port).ok()?)));
    group.chain(of_port_map).mapped()
}
