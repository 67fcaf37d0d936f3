//! What the container sees of disks, memory and devices.

use super::Task;
use crate::domain::config::grammar::device::{self, DeviceOption};
use crate::domain::config::grammar::memory;
use crate::domain::config::grammar::secret::{self, SecretOption};
use crate::domain::config::grammar::tmpfs::{self, Tmpfs};
use crate::domain::config::grammar::volume::{self, Volume};
use crate::domain::config::reader::Reader;
use crate::domain::config::task_options::storage::octal;
use crate::domain::config::value::Value;
use crate::domain::secret::Texts;
use std::collections::BTreeMap;

/// The options of `task_options::storage`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the option of the same name, documented in its row")]
pub struct StorageOptions {
    pub volumes: Vec<Volume>,
    pub volume_driver: Option<String>,
    pub mount: Vec<MountOption>,
    pub tmpfs: Vec<Tmpfs>,
    pub devices: Vec<DeviceOption>,
    pub secrets: Vec<SecretOption>,
    pub storage_opt: BTreeMap<String, String>,
}

impl StorageOptions {
    /// With a volume driver, what does not look like a path is the name of a volume; as in Nomad's Docker driver.
    pub fn is_named(&self, volume: &Volume) -> bool {
        self.volume_driver.is_some() && !volume.host.starts_with(['/', '.'])
    }
}

/// One `mount` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountOption {
    /// `target`.
    pub target: String,
    /// `readonly`.
    pub read_only: bool,
    /// `type`, with what goes with it.
    pub source: MountSourceOption,
}

/// What a `mount` block mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountSourceOption {
    /// A path of the host, as written.
    Bind {
        /// `source`.
        host: String,
        /// `bind_options.propagation`.
        propagation: Option<String>,
    },
    /// A named volume.
    Volume(VolumeOption),
    /// Memory.
    Tmpfs {
        /// `tmpfs_options.size`.
        size: Option<u64>,
        /// `tmpfs_options.mode`.
        mode: Option<u32>,
    },
}

/// A named volume and how it is made if there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VolumeOption {
    /// Its name; empty for a new one.
    pub name: String,
    /// `volume_options.no_copy`.
    pub no_copy: bool,
    /// `volume_options.labels`.
    pub labels: Texts,
    /// `volume_options.driver_config.name`.
    pub driver: Option<String>,
    /// `volume_options.driver_config.options`.
    pub options: Texts,
}

/// Reads the topic.
pub fn read(task: Task<'_>) -> StorageOptions {
    StorageOptions {
        volumes: task.parsed_list("volumes", volume::parse),
        volume_driver: task.filled("volume_driver"),
        mount: task.blocks("mount").iter().map(mount).collect(),
        tmpfs: task.parsed_list("tmpfs", tmpfs::parse),
        devices: task.parsed_list("devices", device::parse),
        secrets: task.parsed_list("secrets", secret::parse),
        storage_opt: task.text_map("storage_opt"),
    }
}

fn mount(block: &BTreeMap<String, Value>) -> MountOption {
    let mount = Reader(block);
    let host = mount.filled("source").unwrap_or_default();
    let source = match mount.text("type").as_deref() {
        Some("bind") => {
            let propagation = Reader(&mount.block("bind_options")).filled("propagation");
            MountSourceOption::Bind { host, propagation }
        }
        Some("tmpfs") => tmpfs_source(&mount.block("tmpfs_options")),
        _ => MountSourceOption::Volume(volume_source(host, &mount.block("volume_options"))),
    };
    MountOption {
        target: mount.text("target").unwrap_or_default(),
        read_only: mount.flag("readonly"),
        source,
    }
}

fn tmpfs_source(options: &BTreeMap<String, Value>) -> MountSourceOption {
    let options = Reader(options);
    MountSourceOption::Tmpfs {
        size: options.parsed("size", memory::bytes),
        mode: options.parsed("mode", octal),
    }
}

fn volume_source(name: String, options: &BTreeMap<String, Value>) -> VolumeOption {
    let options = Reader(options);
    let driver = options.block("driver_config");
    let driver = Reader(&driver);
    VolumeOption {
        name,
        no_copy: options.flag("no_copy"),
        labels: options.text_map("labels").into(),
        driver: driver.filled("name"),
        options: driver.text_map("options").into(),
    }
}
