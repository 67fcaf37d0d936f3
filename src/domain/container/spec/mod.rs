//! What a runtime is asked to create, in words that are no runtime's: one file per topic.

pub mod health;
pub mod limits;
pub mod network;
pub mod security;

pub use health::{Health, HealthCheck, Log, LogDriver};
pub use limits::{CpuQuota, Limits, SwapLimit};
pub use network::{Network, PublishedPort};
pub use security::{Namespace, Security};

use crate::domain::config::grammar::secret::SecretOption;
use crate::domain::image::ImageRef;
use crate::domain::secret::Env;
use crate::domain::secret::Texts;
use crate::domain::signal::Signal;
use crate::domain::task::identity::ContainerName;
use crate::domain::task::request::Dns;
use std::collections::BTreeMap;

/// A container to create. Every field says what it means to a task; an adapter maps it or refuses it by name,
/// and never drops it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerSpec {
    /// Unique on the runtime.
    pub name: ContainerName,
    /// What to run.
    pub image: ImageRef,
    /// Replaces the image's entrypoint; empty for the image's own.
    pub entrypoint: Vec<String>,
    /// Command and arguments; empty for the image's own.
    pub command: Vec<String>,
    /// Complete environment on top of the image's.
    pub env: Env,
    /// Ownership and more, see [`super::labels`].
    pub labels: Texts,
    /// `None` for the runtime's choice.
    pub hostname: Option<String>,
    /// Name or id, `user[:group]`; `None` for the image's own.
    pub user: Option<String>,
    /// `None` for the image's own.
    pub working_dir: Option<String>,
    /// Run an init as first process.
    pub init: bool,
    /// Which init; `None` for the runtime's choice.
    pub init_path: Option<String>,
    /// In mount order.
    pub mounts: Vec<Mount>,
    /// Devices to pass in.
    pub devices: Vec<Device>,
    /// Where its network comes from.
    pub network: Network,
    /// Published on the host.
    pub ports: Vec<PublishedPort>,
    /// Name resolution; `None` for the runtime's own.
    pub dns: Option<Dns>,
    /// Extra lines for `/etc/hosts`: address and name.
    pub hosts: Vec<(String, String)>,
    /// Limits, see [`Limits`].
    pub limits: Limits,
    /// Standard output is a terminal.
    pub terminal: bool,
    /// Asks its first process to end; `None` for the image's own.
    pub stop_signal: Option<Signal>,
    /// OCI annotations.
    pub annotations: Texts,
    /// OCI runtime by name; `None` for the runtime's choice.
    pub oci_runtime: Option<String>,
    /// How its health is found out.
    pub health: Health,
    /// Where its output goes.
    pub log: Log,
    /// Privileges and confinement.
    pub security: Security,
    /// Devices by CDI name.
    pub cdi_devices: Vec<String>,
    /// Secrets that the runtime keeps.
    pub secrets: Vec<SecretOption>,
    /// Options of the storage driver for its own layer.
    pub storage_options: BTreeMap<String, String>,
    /// Parent of its cgroup; `None` for the runtime's choice.
    pub cgroup_parent: Option<String>,
    /// Its image may come from a registry that proves nothing. Of no matter once the image is there; but a runtime that
    /// has no such option refuses it at every start, not at the first one only.
    pub unproven_registry: bool,
}

impl ContainerSpec {
    /// A container of this image with everything else as the runtime usually has it.
    pub fn new(name: ContainerName, image: ImageRef) -> Self {
        Self {
            name,
            image,
            entrypoint: vec![],
            command: vec![],
            env: Env::default(),
            labels: Texts::default(),
            hostname: None,
            user: None,
            working_dir: None,
            init: false,
            init_path: None,
            mounts: vec![],
            devices: vec![],
            network: Network::Bridge,
            ports: vec![],
            dns: None,
            hosts: vec![],
            limits: Limits::default(),
            terminal: false,
            stop_signal: None,
            annotations: Texts::default(),
            oci_runtime: None,
            health: Health::default(),
            log: Log::default(),
            security: Security::default(),
            cdi_devices: vec![],
            secrets: vec![],
            storage_options: BTreeMap::new(),
            cgroup_parent: None,
            unproven_registry: false,
        }
    }
}

/// Something mounted into the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Absolute path in the container.
    pub target: String,
    /// What is there.
    pub source: MountSource,
    /// Options of the runtime's mount syntax, verbatim.
    pub options: Vec<String>,
}

/// Origin of a [`Mount`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountSource {
    /// A path of the host.
    Bind(String),
    /// Memory.
    Tmpfs,
    /// A named volume.
    Volume(NamedVolume),
}

/// A volume that the runtime keeps, and how it is made if there is none of its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedVolume {
    /// Its name; empty for a new one that goes with the container.
    pub name: String,
    /// Which driver makes it; `None` for the runtime's own.
    pub driver: Option<String>,
    /// Options of that driver.
    pub options: Texts,
    /// Labels of a new volume.
    pub labels: Texts,
}

impl NamedVolume {
    /// Whether a volume of this name must be made in a particular way.
    pub fn is_special(&self) -> bool {
        self.driver.is_some() || !self.options.is_empty() || !self.labels.is_empty()
    }
}

/// A device of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Path on the host.
    pub host: String,
    /// Path in the container.
    pub target: String,
    /// Subset of `rwm`.
    pub permissions: String,
}
