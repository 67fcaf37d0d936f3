//! Where the host paths that a job chose really lead, and whether that is allowed.

use super::error::DriverError;
use crate::domain::container::Plan;
use crate::domain::container::spec::{Mount, MountSource};
use crate::domain::container::translate::{HostPath, PathPurpose};
use crate::domain::policy::PathRule;
use crate::ports::NomadHost;
use std::path::{Path, PathBuf};

/// Checks each path of the plan and replaces it by where it really leads: the runtime then uses what was
/// checked, not what a symlink points to a moment later. Without a rule nothing is looked up.
pub async fn confine(host: &dyn NomadHost, alloc_dir: &Path, plan: &mut Plan) -> Result<(), DriverError> {
    for HostPath { purpose, path } in std::mem::take(&mut plan.paths) {
        let Some(rule) = plan.rule(&purpose).cloned() else { continue };
        let rule = with_real_roots(host, rule).await?;
        let resolved = resolve(host, &path).await?;
        if !rule.allows(&resolved, &resolve(host, alloc_dir).await?) {
            return Err(outside(&rule, &path, &resolved));
        }
        replace(plan, &purpose, &path, &resolved);
    }
    Ok(())
}

/// Symlinks in the operator's own paths lead where they lead.
async fn with_real_roots(host: &dyn NomadHost, rule: PathRule) -> Result<PathRule, DriverError> {
    let mut roots = Vec::with_capacity(rule.roots.len());
    for root in &rule.roots {
        roots.push(resolve(host, root).await?);
    }
    Ok(PathRule { roots, ..rule })
}

async fn resolve(host: &dyn NomadHost, path: &Path) -> Result<PathBuf, DriverError> {
    host.resolve(path).await.map_err(|error| DriverError::VolumeLookup {
        path: path.to_string_lossy().into_owned(),
        reason: error.to_string(),
    })
}

fn outside(rule: &PathRule, path: &Path, resolved: &Path) -> DriverError {
    let via = if path == resolved { String::new() } else { format!(" (a symlink leads to {resolved:?})") };
    let path = path.to_string_lossy().into_owned();
    if rule.rule == "volumes.enabled" {
        return DriverError::VolumeOutside { path, via };
    }
    let own = if rule.allocation { "the allocation's own and " } else { "" };
    let roots: Vec<_> = rule.roots.iter().map(|root| root.to_string_lossy()).collect();
    let roots = if roots.is_empty() && !rule.allocation { "none".to_owned() } else { roots.join(", ") };
    DriverError::PathRefused { rule: rule.rule, path, via, allowed: format!("{own}{roots}") }
}

fn replace(plan: &mut Plan, purpose: &PathPurpose, from: &Path, to: &Path) {
    match purpose {
        PathPurpose::Archive => plan.pull.archive = Some(to.to_owned()),
        PathPurpose::Seccomp => plan.spec.security.seccomp = Some(text(to)),
        PathPurpose::Init => plan.spec.init_path = Some(text(to)),
        PathPurpose::Volume { target, written } => {
            replace_in_options(&mut plan.spec.mounts, target, written, to);
        }
        PathPurpose::Mount(target) => replace_source(&mut plan.spec.mounts, target, from, to),
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn replace_source(mounts: &mut [Mount], target: &str, from: &Path, to: &Path) {
    for mount in mounts.iter_mut().filter(|mount| mount.target == target) {
        if let MountSource::Bind(source) = &mut mount.source
            && Path::new(source.as_str()) == from
        {
            *source = text(to);
        }
    }
}

fn replace_in_options(mounts: &mut [Mount], target: &str, written: &str, to: &Path) {
    for mount in mounts.iter_mut().filter(|mount| mount.target == target) {
        if let MountSource::Volume(volume) = &mut mount.source {
            volume.options.values_mut().for_each(|value| *value = swapped(value, written, to));
        }
    }
}

/// `value` with each part that is `written` replaced; parts end as in `lowerdir=/a:/b,upperdir=/c`.
fn swapped(value: &str, written: &str, to: &Path) -> String {
    let ends = [',', '=', ':'];
    let part = |part: &str| match part.trim_end_matches(ends) == written {
        true => format!("{}{}", to.to_string_lossy(), &part[written.len()..]),
        false => part.to_owned(),
    };
    value.split_inclusive(ends).map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_that_is_the_path_is_replaced_and_no_other() {
        let swapped = |value| swapped(value, "/a", Path::new("/real"));
        assert_eq!(swapped("/a"), "/real");
        assert_eq!(swapped("lowerdir=/a:/a/b,upperdir=/a"), "lowerdir=/real:/a/b,upperdir=/real");
        assert_eq!(swapped("addr=/ab,ro"), "addr=/ab,ro");
    }
}
