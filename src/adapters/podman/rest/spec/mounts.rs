//! Bind mounts, tmpfs, devices.

use super::Bad;
use crate::domain::container::ContainerSpec;
use crate::domain::container::spec::{Device, Mount, MountSource};
use crate::ports::ErrorKind;
use serde::Serialize;

/// The mount topic of the SpecGenerator.
#[derive(Serialize)]
pub struct Mounts<'a> {
    mounts: Vec<OciMount<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    devices: Vec<OciDevice>,
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
pub fn mounts(spec: &ContainerSpec) -> Result<Mounts<'_>, Bad> {
    let devices = spec.devices.iter().map(device).collect::<Result<_, _>>()?;
    Ok(Mounts { mounts: spec.mounts.iter().map(mount).collect(), devices })
}

fn mount(mount: &Mount) -> OciMount<'_> {
    let options = mount.options.iter().map(String::as_str);
    let (kind, source, options) = match &mount.source {
        MountSource::Bind(host) => ("bind", host.as_str(), with_rbind(options.collect())),
        MountSource::Tmpfs => ("tmpfs", "tmpfs", options.collect()),
    };
    OciMount { destination: &mount.target, kind, source, options }
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
