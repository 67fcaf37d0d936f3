//! Host paths of volumes, when the operator allows only those inside the allocation.

use super::error::DriverError;
use crate::domain::container::spec::{ContainerSpec, Mount, MountSource};
use crate::domain::container::{Plan, mounts};
use crate::ports::NomadHost;
use std::path::{Path, PathBuf};

/// The plan's spec, with each confined path checked and replaced by where it really leads: Podman then mounts
/// what was checked, not what a symlink points to a moment later.
pub async fn confine(
    host: &dyn NomadHost,
    alloc_dir: &Path,
    plan: Plan,
) -> Result<ContainerSpec, DriverError> {
    let mut spec = plan.spec;
    if plan.confined.is_empty() {
        return Ok(spec);
    }
    let alloc_dir = resolve(host, alloc_dir).await?;
    for (target, path) in plan.confined {
        let resolved = resolve(host, &path).await?;
        if !mounts::is_inside(&resolved, &alloc_dir) {
            return Err(outside(&path, &resolved));
        }
        replace_source(&mut spec.mounts, &target, &path, &resolved);
    }
    Ok(spec)
}

async fn resolve(host: &dyn NomadHost, path: &Path) -> Result<PathBuf, DriverError> {
    host.resolve(path).await.map_err(|error| DriverError::VolumeLookup {
        path: path.to_string_lossy().into_owned(),
        reason: error.to_string(),
    })
}

fn outside(path: &Path, resolved: &Path) -> DriverError {
    let via = if path == resolved { String::new() } else { format!(" (a symlink leads to {resolved:?})") };
    DriverError::VolumeOutside { path: path.to_string_lossy().into_owned(), via }
}

fn replace_source(mounts: &mut [Mount], target: &str, from: &Path, to: &Path) {
    for mount in mounts.iter_mut().filter(|mount| mount.target == target) {
        if let MountSource::Bind(source) = &mut mount.source
            && Path::new(source.as_str()) == from
        {
            *source = to.to_string_lossy().into_owned();
        }
    }
}
