//! What a runtime is asked to create.

use crate::domain::image::ImageRef;
use crate::domain::secret::Env;
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
    pub labels: BTreeMap<String, String>,
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

/// Where a container's network comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// The runtime's default bridge.
    Bridge,
    /// The host's.
    Host,
    /// Loopback only.
    None,
    /// User-mode network, with options.
    Slirp4netns(String),
    /// User-mode network of newer runtimes, with options.
    Pasta(String),
    /// Another container's, by name or id.
    Container(String),
    /// A namespace by path.
    Path(String),
}

impl Network {
    /// Whether the runtime can publish ports of this network itself.
    pub fn publishes_ports(&self) -> bool {
        match self {
            Self::Bridge | Self::Slirp4netns(_) | Self::Pasta(_) => true,
            Self::Host | Self::None | Self::Container(_) | Self::Path(_) => false,
        }
    }
}

/// A port of the container reachable on the host, over tcp and udp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedPort {
    /// Host address; empty for all.
    pub host_ip: String,
    /// On the host.
    pub host: u16,
    /// In the container.
    pub container: u16,
}

/// Limits of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Relative weight; `None` for the runtime's default.
    pub cpu_shares: Option<u64>,
    /// Cores it may use, as a cpuset list; `None` for all.
    pub cpuset: Option<String>,
    /// Hard limit in bytes; `None` for none.
    pub memory: Option<u64>,
    /// Soft limit in bytes.
    pub memory_reservation: Option<u64>,
    /// Memory plus swap.
    pub memory_swap: Option<SwapLimit>,
    /// 0 to 100; `None` for the host's setting.
    pub memory_swappiness: Option<u64>,
}

/// Limit of memory plus swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwapLimit {
    /// So many bytes, not below the memory limit.
    Bytes(u64),
    /// As much as the host has.
    Unlimited,
}
