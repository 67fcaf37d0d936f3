//! Bind mounts, tmpfs, volumes, devices.

use super::{Bad, Version};
use crate::domain::container::ContainerSpec;
use crate::domain::container::spec::{Device, Mount, MountSource};
use crate::ports::ErrorKind;
use serde::Serialize;
use std::collections::BTreeMap;

/// The mount topic of the SpecGenerator.
#[derive(Serialize)]
pub struct Mounts<'a> {
    mounts: Vec<OciMount<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    devices: Vec<OciDevice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<Named<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    storage_opts: &'a BTreeMap<String, String>,
}

/// Names as Go writes fields without tags.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Named<'a> {
    name: &'a str,
    dest: &'a str,
    options: Vec<&'a str>,
    is_anonymous: bool,
}

#[derive(Serialize)]
struct OciMount<'a> {
    destination: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    source: &'a str,
    options: Vec<&'a str>,
}

#[derive(Serialize)]
struct OciDevice {
    path: String,
}

/// The topic of `spec`.
pub fn mounts(spec: &ContainerSpec, version: Version) -> Result<Mounts<'_>, Bad> {
    version.needs_if(!spec.cdi_devices.is_empty(), "devices by CDI name", Version(4, 1))?;
    version.needs_if(!spec.storage_options.is_empty(), "storage_opt", Version(4, 0))?;
    let cdi = spec.cdi_devices.iter().map(|name| Ok(OciDevice { path: name.clone() }));
    Ok(Mounts {
        mounts: spec.mounts.iter().filter_map(mount).collect(),
        devices: spec.devices.iter().map(device).chain(cdi).collect::<Result<_, _>>()?,
        volumes: spec.mounts.iter().filter_map(named).collect(),
        storage_opts: &spec.storage_options,
    })
}

fn mount(mount: &Mount) -> Option<OciMount<'_>> {
    let options = mount.options.iter().map(String::as_str);
    let (kind, source, options) = match &mount.source {
        MountSource::Bind(host) => ("bind", host.as_str(), with_rbind(options.collect())),
        MountSource::Tmpfs => ("tmpfs", "tmpfs", options.collect()),
        MountSource::Volume(_) => return None,
    };
    Some(OciMount { destination: &mount.target, kind, source, options })
}

fn named(mount: &Mount) -> Option<Named<'_>> {
    let MountSource::Volume(volume) = &mount.source else { return None };
    Some(Named {
        name: &volume.name,
        dest: &mount.target,
        options: mount.options.iter().map(String::as_str).collect(),
        is_anonymous: volume.name.is_empty(),
    })
}

/// What is mounted below the source comes along, as with `podman run --volume`.
fn with_rbind(mut options: Vec<&str>) -> Vec<&str> {
    if !options.iter().any(|option| matches!(*option, "bind" | "rbind")) {
        options.push("rbind");
    }
    options
}

/// The path holds all of it, `HOST:TARGET:PERMISSIONS` (libpod REST 2.2 to 5: `DevicesFromPath`).
fn device(device: &Device) -> Result<OciDevice, Bad> {
    let (host, target) = (&device.host, &device.target);
    if host.contains(':') || target.contains(':') {
        let reason = format!("device {host}: Podman cannot pass a device with a colon in its path");
        return Err(Bad { kind: ErrorKind::Rejected, reason });
    }
    let target = if target.is_empty() { host } else { target };
    let permissions = if device.permissions.is_empty() { "rwm" } else { &device.permissions };
    Ok(OciDevice { path: format!("{host}:{target}:{permissions}") })
}
