//! The directories of the allocation, the job's volumes, the host's mounts, tmpfs; in this order.

use super::spec::{Device, Mount, MountSource};
use crate::domain::config::tmpfs::Tmpfs;
use crate::domain::config::volume::Volume;
use crate::domain::config::{PluginConfig, TaskConfig};
use crate::domain::task::TaskRequest;
use crate::domain::task::request::{HostDevice, HostMount};
use std::path::{Component, Path, PathBuf};

/// All mounts of a task.
pub fn mounts(task: &TaskRequest, config: &TaskConfig, plugin: &PluginConfig) -> Vec<Mount> {
    let label = plugin.selinux_label.as_deref();
    let mut mounts = alloc_mounts(task, label);
    mounts.extend(config.volumes.iter().map(|volume| volume_mount(task, volume, label)));
    mounts.extend(task.mounts.iter().map(|mount| host_mount(mount, label)));
    mounts.extend(config.tmpfs.iter().map(tmpfs_mount));
    mounts
}

/// Devices that Nomad's device plugins pass.
pub fn devices(devices: &[HostDevice]) -> Vec<Device> {
    let device = |device: &HostDevice| Device {
        host: device.host_path.clone(),
        target: device.task_path.clone(),
        permissions: device.permissions.clone(),
    };
    devices.iter().map(device).collect()
}

/// Where the environment says they are: `NOMAD_ALLOC_DIR` and its like, under image isolation `/alloc`,
/// `/local` and `/secrets`.
fn alloc_mounts(task: &TaskRequest, label: Option<&str>) -> Vec<Mount> {
    let dir = |variable: &str, default: &str, host: PathBuf| Mount {
        target: task.env.reveal(variable).filter(|path| path.starts_with('/')).unwrap_or(default).to_owned(),
        source: MountSource::Bind(host.to_string_lossy().into_owned()),
        options: with_label(vec![], label),
    };
    vec![
        dir("NOMAD_ALLOC_DIR", "/alloc", task.dirs.shared()),
        dir("NOMAD_TASK_DIR", "/local", task.dirs.local()),
        dir("NOMAD_SECRETS_DIR", "/secrets", task.dirs.secrets()),
    ]
}

fn volume_mount(task: &TaskRequest, volume: &Volume, label: Option<&str>) -> Mount {
    Mount {
        target: volume.container.clone(),
        source: MountSource::Bind(host_path(task, &volume.host).to_string_lossy().into_owned()),
        options: with_label(volume.options.clone(), label),
    }
}

/// The host path of a volume: relative ones are meant from the task directory; `.` and `..` are resolved by
/// text. Symlinks are resolved by the driver.
pub fn host_path(task: &TaskRequest, written: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in task.dirs.task().join(written).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => path.push(part),
        }
    }
    path
}

/// Whether `path` lies in the allocation. Both must be free of symlinks and `..`.
pub fn is_inside(path: &Path, alloc_dir: &Path) -> bool {
    path.starts_with(alloc_dir)
}

fn host_mount(mount: &HostMount, label: Option<&str>) -> Mount {
    let propagation = match mount.propagation.as_str() {
        "private" => Some("rprivate"),
        "host-to-task" => Some("rslave"),
        "bidirectional" => Some("rshared"),
        _ => None,
    };
    let read_only = mount.read_only.then_some("ro");
    let options = read_only.into_iter().chain(propagation).map(str::to_owned).collect();
    let own_label = Some(mount.selinux_label.as_str()).filter(|label| !label.is_empty());
    Mount {
        target: mount.task_path.clone(),
        source: MountSource::Bind(mount.host_path.clone()),
        options: with_label(options, own_label.or(label)),
    }
}

fn tmpfs_mount(tmpfs: &Tmpfs) -> Mount {
    Mount { target: tmpfs.container.clone(), source: MountSource::Tmpfs, options: tmpfs.options.clone() }
}

/// Adds the SELinux label unless the options bring one.
fn with_label(mut options: Vec<String>, label: Option<&str>) -> Vec<String> {
    let labelled = options.iter().any(|option| matches!(option.as_str(), "z" | "Z"));
    if let (Some(label), false) = (label, labelled) {
        options.push(label.to_owned());
    }
    options
}
