//! Bind mounts, tmpfs, volumes, devices: texts with colons between, so that a path with one cannot be said.

use super::{Bad, Create};
use crate::domain::container::ContainerSpec;
use crate::domain::container::spec::{Device, Mount, MountSource};

/// The topic of `spec`.
pub(super) fn mounts(spec: &ContainerSpec, create: &mut Create) -> Result<(), Bad> {
    let (mut volumes, mut tmpfs) = (Vec::new(), Vec::new());
    for mount in &spec.mounts {
        match &mount.source {
            MountSource::Bind(host) => volumes.push(bind(mount, host)?),
            MountSource::Volume(volume) => volumes.push(named(mount, &volume.name)?),
            MountSource::Tmpfs => tmpfs.push(text(&[&mount.target], &mount.options)?),
        }
    }
    create.list("volume", volumes);
    create.list("tmpfs", tmpfs);
    create.list("device", spec.devices.iter().map(device).collect::<Result<Vec<_>, _>>()?);
    Ok(())
}

/// What is mounted below the source comes along, as on the command line.
fn bind(mount: &Mount, host: &str) -> Result<String, Bad> {
    let mut options = mount.options.clone();
    if !options.iter().any(|option| matches!(option.as_str(), "bind" | "rbind")) {
        options.push("rbind".to_owned());
    }
    text(&[host, &mount.target], &options)
}

fn named(mount: &Mount, name: &str) -> Result<String, Bad> {
    if name.is_empty() { text(&[&mount.target], &[]) } else { text(&[name, &mount.target], &mount.options) }
}

fn device(device: &Device) -> Result<String, Bad> {
    let target = if device.target.is_empty() { &device.host } else { &device.target };
    let permissions = if device.permissions.is_empty() { "rwm" } else { &device.permissions };
    text(&[&device.host, target], &[permissions.to_owned()])
}

fn text(paths: &[&str], options: &[String]) -> Result<String, Bad> {
    if let Some(path) = paths.iter().find(|path| path.contains(':')) {
        return Err(Bad(format!("{path}: Podman cannot take a path with a colon")));
    }
    let options = options.join(",");
    let options = Some(options.as_str()).filter(|options| !options.is_empty());
    Ok(paths.iter().copied().chain(options).collect::<Vec<_>>().join(":"))
}
