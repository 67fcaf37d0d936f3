//! The directories of the allocation, the job's volumes and mounts, the host's mounts, tmpfs; in this order.

use super::spec::{Device, Mount, MountSource, NamedVolume};
use crate::domain::config::PluginConfig;
use crate::domain::config::grammar::device::DeviceOption;
use crate::domain::config::grammar::tmpfs::Tmpfs;
use crate::domain::config::grammar::volume::Volume;
use crate::domain::config::task::storage::{MountOption, MountSourceOption, StorageOptions, VolumeOption};
use crate::domain::task::TaskRequest;
use crate::domain::task::request::{HostDevice, HostMount};
use std::path::{Component, PathBuf};

/// All mounts of a task. A privileged one needs no SELinux labels, and relabelling what it shares with others
/// would lock them out.
pub fn mounts(
    task: &TaskRequest,
    storage: &StorageOptions,
    plugin: &PluginConfig,
    privileged: bool,
) -> Vec<Mount> {
    let label = plugin.selinux_label.as_deref().filter(|_| !privileged);
    let mut mounts = alloc_mounts(task, label);
    mounts.extend(storage.volumes.iter().map(|volume| volume_mount(task, volume, storage, label)));
    mounts.extend(storage.mount.iter().map(|mount| mount_block(task, mount, label)));
    mounts.extend(task.mounts.iter().map(|mount| host_mount(mount, label, privileged)));
    mounts.extend(storage.tmpfs.iter().map(tmpfs_mount));
    mounts
}

/// Host paths that the job itself chose, with the targets they are for.
pub fn chosen_by_job(task: &TaskRequest, storage: &StorageOptions) -> Vec<(String, PathBuf)> {
    let volumes = storage.volumes.iter().filter(|volume| !storage.is_named(volume));
    let volumes = volumes.map(|volume| (volume.container.clone(), host_path(task, &volume.host)));
    let binds = storage.mount.iter().filter_map(|mount| match &mount.source {
        MountSourceOption::Bind { host, .. } => Some((mount.target.clone(), host_path(task, host))),
        MountSourceOption::Volume(_) | MountSourceOption::Tmpfs { .. } => None,
    });
    volumes.chain(binds).collect()
}

/// A host path in the options of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionPath {
    /// Target of the volume.
    pub target: String,
    /// As it stands in the options.
    pub written: String,
    /// Absolute.
    pub path: PathBuf,
}

/// Host paths in the options of a job's volumes. The `local` driver mounts whatever these say: a directory, a disk,
/// the layers of an overlay.
pub fn in_volume_options(task: &TaskRequest, storage: &StorageOptions) -> Vec<OptionPath> {
    let volumes = storage.mount.iter().filter_map(|mount| match &mount.source {
        MountSourceOption::Volume(volume) if is_local(volume) => Some((mount, volume)),
        _ => None,
    });
    let paths = |(mount, volume): (&MountOption, &VolumeOption)| {
        let written: Vec<&str> = device_path(volume).into_iter().chain(option_paths(volume)).collect();
        // A relative one would be meant from where Podman's service runs, which is the root.
        let path = |text: &str| host_path(task, &format!("/{text}"));
        let found = |written: &str| OptionPath {
            target: mount.target.clone(),
            path: path(written),
            written: written.to_owned(),
        };
        written.into_iter().map(found).collect::<Vec<_>>()
    };
    volumes.flat_map(paths).collect()
}

fn is_local(volume: &VolumeOption) -> bool {
    volume.driver.as_deref().is_none_or(|driver| driver == "local")
}

/// Kinds of file systems whose `device` is no path of the host.
const ELSEWHERE: &[&str] = &["tmpfs", "nfs", "nfs4", "cifs", "smb3"];

fn device_path(volume: &VolumeOption) -> Option<&str> {
    let elsewhere = volume.options.get("type").is_some_and(|kind| ELSEWHERE.contains(&kind.as_str()));
    volume.options.get("device").map(String::as_str).filter(|device| !elsewhere && !device.is_empty())
}

fn option_paths(volume: &VolumeOption) -> impl Iterator<Item = &str> {
    let options = volume.options.get("o").into_iter().flat_map(|options| options.split(','));
    let values = options.filter_map(|option| option.split_once('=')).flat_map(|(_, value)| value.split(':'));
    values.filter(|value| value.starts_with('/'))
}

/// The job's device nodes and those that Nomad's device plugins pass; the job's CDI names.
pub fn devices(task: &TaskRequest, storage: &StorageOptions) -> (Vec<Device>, Vec<String>) {
    let (mut nodes, mut cdi) = (host_devices(&task.devices), Vec::new());
    for device in &storage.devices {
        match device {
            DeviceOption::Cdi(name) => cdi.push(name.clone()),
            DeviceOption::Node { host, target, permissions } => nodes.push(Device {
                host: host.clone(),
                target: target.clone(),
                permissions: permissions.clone(),
            }),
        }
    }
    (nodes, cdi)
}

fn host_devices(devices: &[HostDevice]) -> Vec<Device> {
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

fn volume_mount(task: &TaskRequest, volume: &Volume, storage: &StorageOptions, label: Option<&str>) -> Mount {
    let (target, options) = (volume.container.clone(), volume.options.clone());
    if storage.is_named(volume) {
        let driver = storage.volume_driver.clone().filter(|driver| driver != "local");
        let named = NamedVolume { name: volume.host.clone(), driver, ..NamedVolume::default() };
        return Mount { target, source: MountSource::Volume(named), options };
    }
    Mount { target, source: bind(task, &volume.host), options: with_label(options, label) }
}

fn bind(task: &TaskRequest, written: &str) -> MountSource {
    MountSource::Bind(host_path(task, written).to_string_lossy().into_owned())
}

fn mount_block(task: &TaskRequest, mount: &MountOption, label: Option<&str>) -> Mount {
    let read_only = mount.read_only.then(|| "ro".to_owned());
    let (source, options) = match &mount.source {
        MountSourceOption::Bind { host, propagation } => {
            let options = read_only.into_iter().chain(propagation.clone()).collect();
            (bind(task, host), with_label(options, label))
        }
        MountSourceOption::Volume(volume) => {
            let no_copy = volume.no_copy.then(|| "nocopy".to_owned());
            (MountSource::Volume(named(volume)), read_only.into_iter().chain(no_copy).collect())
        }
        MountSourceOption::Tmpfs { size, mode } => {
            let size = size.map(|bytes| format!("size={bytes}"));
            let mode = mode.map(|mode| format!("mode={mode:o}"));
            (MountSource::Tmpfs, read_only.into_iter().chain(size).chain(mode).collect())
        }
    };
    Mount { target: mount.target.clone(), source, options }
}

fn named(volume: &VolumeOption) -> NamedVolume {
    NamedVolume {
        name: volume.name.clone(),
        driver: volume.driver.clone().filter(|driver| driver != "local"),
        options: volume.options.clone(),
        labels: volume.labels.clone(),
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

fn host_mount(mount: &HostMount, label: Option<&str>, privileged: bool) -> Mount {
    let propagation = match mount.propagation.as_str() {
        "private" => Some("rprivate"),
        "host-to-task" => Some("rslave"),
        "bidirectional" => Some("rshared"),
        _ => None,
    };
    let read_only = mount.read_only.then_some("ro");
    let options = read_only.into_iter().chain(propagation).map(str::to_owned).collect();
    let own_label = Some(mount.selinux_label.as_str()).filter(|label| !label.is_empty() && !privileged);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{TaskConfig, Value};
    use crate::domain::container::translate_tests::task;

    fn storage(options: impl IntoIterator<Item = (&'static str, Value)>) -> StorageOptions {
        let image = [("image", Value::from("x"))];
        TaskConfig::decode(&Value::object(image.into_iter().chain(options))).unwrap().storage
    }

    fn of(storage: &StorageOptions, plugin: &PluginConfig, privileged: bool) -> Vec<Mount> {
        mounts(&task(), storage, plugin, privileged).split_off(3)
    }

    #[test]
    fn with_a_driver_a_bare_name_is_a_volume_and_a_path_is_not() {
        let volumes = Value::from(vec!["data:/data:ro", "./x:/x", "/y:/y"]);
        let storage = storage([("volumes", volumes), ("volume_driver", "nfs".into())]);
        let mounts = of(&storage, &PluginConfig::default(), false);
        let MountSource::Volume(volume) = &mounts[0].source else { panic!("no volume") };
        assert_eq!((volume.name.as_str(), volume.driver.as_deref()), ("data", Some("nfs")));
        assert_eq!(mounts[0].options, ["ro"]);
        assert!(mounts[1..].iter().all(|mount| matches!(mount.source, MountSource::Bind(_))));
        assert_eq!(chosen_by_job(&task(), &storage).len(), 2);
    }

    #[test]
    fn mount_blocks_become_mounts_of_their_type() {
        let object = Value::object::<&str>;
        let block = |kind: &str, rest: Vec<(&'static str, Value)>| {
            let head = [("type", Value::from(kind)), ("target", "/t".into())];
            object(head.into_iter().chain(rest).collect::<Vec<_>>())
        };
        let storage = storage([(
            "mount",
            Value::List(vec![
                block(
                    "bind",
                    vec![
                        ("source", "local/x".into()),
                        ("readonly", true.into()),
                        ("bind_options", object(vec![("propagation", "rslave".into())])),
                    ],
                ),
                block(
                    "volume",
                    vec![
                        ("source", "v".into()),
                        (
                            "volume_options",
                            object(vec![
                                ("no_copy", true.into()),
                                (
                                    "driver_config",
                                    object(vec![("options", object(vec![("type", "nfs".into())]))]),
                                ),
                            ]),
                        ),
                    ],
                ),
                block(
                    "tmpfs",
                    vec![("tmpfs_options", object(vec![("size", "1m".into()), ("mode", "0700".into())]))],
                ),
            ]),
        )]);
        let mounts = of(&storage, &PluginConfig::default(), false);
        assert_eq!(mounts[0].source, MountSource::Bind("/nowhere/alloc-1/web/local/x".to_owned()));
        assert_eq!(mounts[0].options, ["ro", "rslave"]);
        let MountSource::Volume(volume) = &mounts[1].source else { panic!("no volume") };
        assert!(volume.is_special() && volume.options["type"] == "nfs");
        assert_eq!(mounts[1].options, ["nocopy"]);
        assert_eq!(
            (&mounts[2].source, mounts[2].options.join(",")),
            (&MountSource::Tmpfs, "size=1048576,mode=700".into())
        );
    }

    #[test]
    fn options_of_a_local_volume_may_lead_to_the_host() {
        let paths = |driver: &'static str, options: &[(&'static str, &'static str)]| {
            let options = Value::object(options.iter().map(|(name, value)| (*name, Value::from(*value))));
            let config = Value::object([("name", driver.into()), ("options", options)]);
            let volume = Value::object([("driver_config", config)]);
            let source = Value::from("v");
            let mount =
                Value::object([("target", "/t".into()), ("source", source), ("volume_options", volume)]);
            let found = in_volume_options(&task(), &storage([("mount", mount)]));
            found.into_iter().map(|found| found.path.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(paths("local", &[("type", "none"), ("o", "bind"), ("device", "/srv/../etc")]), ["/etc"]);
        assert_eq!(paths("", &[("o", "bind"), ("device", "etc")]), ["/etc"]);
        let layers = ("o", "lowerdir=/etc:/usr,upperdir=/x,index=off");
        assert_eq!(paths("", &[("type", "overlay"), ("device", ""), layers]), ["/etc", "/usr", "/x"]);
        assert_eq!(paths("", &[("type", "nfs"), ("o", "addr=10.0.0.9"), ("device", ":/x")]), [""; 0]);
        assert_eq!(paths("", &[("type", "tmpfs"), ("device", "tmpfs")]), [""; 0]);
        assert_eq!(paths("rclone", &[("device", "/etc")]), [""; 0], "its driver is the operator's");
    }

    #[test]
    fn labels_are_for_binds_of_tasks_that_are_not_privileged() {
        let plugin = PluginConfig { selinux_label: Some("z".to_owned()), ..PluginConfig::default() };
        let storage =
            storage([("volumes", Value::from(vec!["/a:/a", "/b:/b:Z"])), ("tmpfs", Value::from(vec!["/t"]))]);
        let options = |privileged| {
            of(&storage, &plugin, privileged).into_iter().map(|m| m.options.join(",")).collect::<Vec<_>>()
        };
        assert_eq!(options(false), ["z", "Z", ""]);
        assert_eq!(options(true), ["", "Z", ""]);
    }

    #[test]
    fn devices_of_the_job_and_of_plugins_come_together() {
        let storage = storage([("devices", Value::from(vec!["/dev/fuse:/dev/f:r", "nvidia.com/gpu=0"]))]);
        let text = str::to_owned;
        let plugged =
            HostDevice { task_path: text("/dev/g"), host_path: text("/dev/gpu0"), permissions: text("mrw") };
        let (nodes, cdi) = devices(&TaskRequest { devices: vec![plugged], ..task() }, &storage);
        let nodes =
            nodes.iter().map(|node| [&node.host, &node.target, &node.permissions].map(String::as_str));
        assert_eq!(nodes.collect::<Vec<_>>(), [["/dev/gpu0", "/dev/g", "mrw"], ["/dev/fuse", "/dev/f", "r"]]);
        assert_eq!(cdi, ["nvidia.com/gpu=0"]);
    }

    #[test]
    fn mounts_of_the_host_have_its_options_in_the_words_of_mount() {
        let options = |read_only, propagation: &str, selinux: &str, privileged| {
            let mount = HostMount {
                task_path: "/t".to_owned(),
                host_path: "/h".to_owned(),
                read_only,
                propagation: propagation.to_owned(),
                selinux_label: selinux.to_owned(),
            };
            let plugin = PluginConfig { selinux_label: Some("z".to_owned()), ..PluginConfig::default() };
            let task = TaskRequest { mounts: vec![mount], ..task() };
            let mut mounts = mounts(&task, &StorageOptions::default(), &plugin, privileged).split_off(3);
            let mount = mounts.remove(0);
            assert_eq!((mount.target.as_str(), mount.source), ("/t", MountSource::Bind("/h".to_owned())));
            mount.options.join(",")
        };
        assert_eq!(options(true, "private", "", false), "ro,rprivate,z");
        assert_eq!(options(false, "host-to-task", "", false), "rslave,z");
        assert_eq!(options(false, "bidirectional", "Z", false), "rshared,Z");
        assert_eq!(options(false, "", "Z", true), "", "a privileged task needs no label");
    }
}
