//! What the operator allows, applied to what a job asks for. Pure: the same answer offline and on the node.
//!
//! Host paths are the exception: where a path leads only the node's file system knows. [`PathRule`] decides once
//! the driver has followed the symlinks.

use super::config::grammar::device::DeviceOption;
use super::config::grammar::glob;
use super::config::grammar::namespace::NamespaceOption;
use super::config::grammar::network_mode::NetworkModeOption;
use super::config::grammar::security::SecurityOption;
use super::config::grammar::userns::UserNamespace;
use super::config::policy::Rules;
use super::config::task::process::ProcessOptions;
use super::config::task::security::SecurityOptions;
use super::config::task::storage::{MountSourceOption, StorageOptions};
use super::config::{PluginConfig, TaskConfig};
use super::image::Image;
use std::fmt;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// One thing that a rule forbids.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{option}: refused by {rule} of the plugin config: {reason}")]
pub struct Violation {
    /// `allow_privileged`.
    pub rule: &'static str,
    /// The option of the task.
    pub option: &'static str,
    /// What was asked for, and what would be allowed.
    pub reason: String,
}

/// All of one task, never empty.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct Violations(pub Vec<Violation>);

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.0.iter().map(Violation::to_string).collect();
        f.write_str(&texts.join("; "))
    }
}

/// Checks a task against the rules for its Nomad namespace. `default_socket` is the name of the one that tasks run on
/// which name none.
///
/// # Errors
/// Everything that some rule forbids.
pub fn check(rules: &Rules, task: &TaskConfig, default_socket: &str) -> Result<(), Violations> {
    let mut found = Vec::new();
    found.extend(privileged(rules, task));
    found.extend(capabilities(rules, task));
    found.extend(namespaces(rules, task));
    found.extend(devices(rules, task));
    found.extend(runtime(rules, task));
    found.extend(socket(rules, task, default_socket));
    found.extend(registry(rules, task));
    found.extend(volumes(rules, &task.storage));
    found.extend(secrets(rules, &task.storage));
    found.extend(annotations(rules, &task.process));
    found.extend(confinement(rules, &task.security));
    if found.is_empty() { Ok(()) } else { Err(Violations(found)) }
}

fn list(allowed: &[String]) -> String {
    if allowed.is_empty() { "none is allowed".to_owned() } else { format!("allowed: {}", allowed.join(", ")) }
}

/// A refusal of `name`, unless the rule is unset or has it.
fn listed(
    rule: &'static str,
    option: &'static str,
    allowed: Option<&Vec<String>>,
    name: &str,
    fits: impl Fn(&str) -> bool,
) -> Option<Violation> {
    let allowed = allowed?;
    let refused = || Violation { rule, option, reason: format!("{name} ({})", list(allowed)) };
    (!allowed.iter().any(|entry| fits(entry))).then(refused)
}

fn privileged(rules: &Rules, task: &TaskConfig) -> Option<Violation> {
    let refused = task.security.privileged && rules.privileged == Some(false);
    refused.then(|| Violation {
        rule: "allow_privileged",
        option: "privileged",
        reason: "no task may be privileged".to_owned(),
    })
}

fn capabilities(rules: &Rules, task: &TaskConfig) -> Vec<Violation> {
    let fits = |cap: &String| {
        let fits = |entry: &str| entry == "ALL" || entry == cap;
        listed("allow_caps", "cap_add", rules.caps.as_ref(), cap, fits)
    };
    task.security.cap_add.iter().filter_map(fits).collect()
}

fn namespaces(rules: &Rules, task: &TaskConfig) -> Vec<Violation> {
    let security = &task.security;
    let shared = [
        ("network_mode", "network", task.network.network_mode.as_ref().is_some_and(is_foreign_network)),
        ("pid_mode", "pid", is_foreign(security.pid_mode.as_ref())),
        ("ipc_mode", "ipc", is_foreign(security.ipc_mode.as_ref())),
        ("uts_mode", "uts", is_foreign(security.uts_mode.as_ref())),
        ("cgroupns", "cgroup", is_foreign(security.cgroupns.as_ref())),
        ("userns", "user", security.userns.as_ref().is_some_and(is_foreign_user)),
    ];
    let rule = |(option, kind): (&'static str, &str)| {
        listed("allow_host_namespaces", option, rules.host_namespaces.as_ref(), kind, |entry| entry == kind)
    };
    shared
        .into_iter()
        .filter(|(_, _, shared)| *shared)
        .filter_map(|(option, kind, _)| rule((option, kind)))
        .collect()
}

/// Neither the task's own nor that of a task beside it.
fn is_foreign(mode: Option<&NamespaceOption>) -> bool {
    match mode {
        Some(NamespaceOption::Host | NamespaceOption::Container(_) | NamespaceOption::Path(_)) => true,
        Some(
            NamespaceOption::Private
            | NamespaceOption::Shareable
            | NamespaceOption::None
            | NamespaceOption::Task(_),
        )
        | None => false,
    }
}

fn is_foreign_network(mode: &NetworkModeOption) -> bool {
    match mode {
        NetworkModeOption::Host | NetworkModeOption::Container(_) | NetworkModeOption::Path(_) => true,
        NetworkModeOption::Bridge
        | NetworkModeOption::None
        | NetworkModeOption::Slirp4netns(_)
        | NetworkModeOption::Pasta(_)
        | NetworkModeOption::Task(_)
        | NetworkModeOption::Named(_) => false,
    }
}

fn is_foreign_user(userns: &UserNamespace) -> bool {
    match userns {
        UserNamespace::Host | UserNamespace::Path(_) => true,
        UserNamespace::KeepId(_) | UserNamespace::Auto(_) | UserNamespace::NoMap => false,
    }
}

fn devices(rules: &Rules, task: &TaskConfig) -> Vec<Violation> {
    let refused = |device: &DeviceOption| {
        let (DeviceOption::Node { host: name, .. } | DeviceOption::Cdi(name)) = device;
        // A pattern is about names, and `..` would let one name stand for another.
        let fits = |entry: &str| glob::matches(entry, name) && !name.split('/').any(|part| part == "..");
        listed("allow_devices", "devices", rules.devices.as_ref(), name, fits)
    };
    task.storage.devices.iter().filter_map(refused).collect()
}

fn runtime(rules: &Rules, task: &TaskConfig) -> Option<Violation> {
    let name = task.process.runtime.as_deref()?;
    listed("allow_runtimes", "runtime", rules.runtimes.as_ref(), name, |entry| entry == name)
}

fn socket(rules: &Rules, task: &TaskConfig, default: &str) -> Option<Violation> {
    let name = task.process.socket.as_deref().unwrap_or(default);
    listed("allow_sockets", "socket", rules.sockets.as_ref(), name, |entry| entry == name)
}

fn registry(rules: &Rules, task: &TaskConfig) -> Option<Violation> {
    let fits = |entry: &str| match &task.image.image {
        Image::Archive(_) => entry == "archive",
        Image::Named(image) => image
            .registry()
            .is_some_and(|registry| entry == registry || glob::matches(entry, image.repository())),
    };
    let name = match &task.image.image {
        Image::Archive(archive) => format!("archive {}", archive.path),
        Image::Named(image) if image.registry().is_none() => format!("{image} does not name its registry"),
        Image::Named(image) => image.to_string(),
    };
    listed("allow_registries", "image", rules.registries.as_ref(), &name, fits)
}

fn volumes(rules: &Rules, storage: &StorageOptions) -> Vec<Violation> {
    let refused = |option, name: &str| {
        let name = Some(name).filter(|name| !name.is_empty())?;
        listed("allow_volumes", option, rules.volumes.as_ref(), name, |entry| glob::matches(entry, name))
    };
    let short = storage.volumes.iter().filter(|volume| storage.is_named(volume));
    let blocks = storage.mount.iter().filter_map(|mount| match &mount.source {
        MountSourceOption::Volume(volume) => refused("mount", &volume.name),
        MountSourceOption::Bind { .. } | MountSourceOption::Tmpfs { .. } => None,
    });
    short.filter_map(|volume| refused("volumes", &volume.host)).chain(blocks).collect()
}

fn secrets(rules: &Rules, storage: &StorageOptions) -> Vec<Violation> {
    let refused = |name: &str| {
        let fits = |entry: &str| glob::matches(entry, name);
        listed("allow_secrets", "secrets", rules.secrets.as_ref(), name, fits)
    };
    storage.secrets.iter().filter_map(|secret| refused(&secret.source)).collect()
}

/// Annotations that crun, Podman and systemd take for orders.
const ORDERS: &[&str] = &["run.oci.", "io.podman.", "org.systemd."];

fn annotations(rules: &Rules, process: &ProcessOptions) -> Vec<Violation> {
    let unlisted = |name: &String| {
        let fits = |entry: &str| glob::matches(entry, name);
        listed("allow_annotations", "annotations", rules.annotations.as_ref(), name, fits)
    };
    let order =
        |name: &&String| rules.unconfined == Some(false) && ORDERS.iter().any(|it| name.starts_with(it));
    let order = process.annotations.keys().filter(order).map(|name| Violation {
        rule: "allow_unconfined",
        option: "annotations",
        reason: format!("{name} may change how the task is confined"),
    });
    process.annotations.keys().filter_map(unlisted).chain(order).collect()
}

fn confinement(rules: &Rules, task: &SecurityOptions) -> Vec<Violation> {
    if rules.unconfined != Some(false) {
        return vec![];
    }
    let off = |option, what: &str| Violation {
        rule: "allow_unconfined",
        option,
        reason: format!("{what} switches confinement off"),
    };
    let apparmor = task.apparmor_profile.as_deref() == Some("unconfined");
    let profile = apparmor.then(|| off("apparmor_profile", "unconfined"));
    let labels = task.selinux_opts.iter().filter(|label| chooses_label(label));
    let labels = labels.map(|label| off("selinux_opts", label));
    let options = task.security_opt.iter().filter_map(unconfined).map(|what| off("security_opt", &what));
    profile.into_iter().chain(labels).chain(options).collect()
}

/// A type such as `spc_t` confines nothing, and a level opens the files of other containers.
fn chooses_label(label: &str) -> bool {
    label == "disable" || ["user:", "role:", "type:", "level:"].iter().any(|part| label.starts_with(part))
}

fn unconfined(option: &SecurityOption) -> Option<String> {
    match option {
        SecurityOption::Seccomp(profile) if profile == "unconfined" => Some("seccomp=unconfined".to_owned()),
        SecurityOption::Apparmor(profile) if profile == "unconfined" => {
            Some("apparmor=unconfined".to_owned())
        }
        SecurityOption::Label(label) if chooses_label(label) => Some(format!("label={label}")),
        SecurityOption::Unmask(_) => Some("unmask".to_owned()),
        SecurityOption::Seccomp(_)
        | SecurityOption::Apparmor(_)
        | SecurityOption::Label(_)
        | SecurityOption::LabelNested
        | SecurityOption::NoNewPrivileges(_)
        | SecurityOption::ProcOpts(_)
        | SecurityOption::Mask(_) => None,
    }
}

/// Where host paths of a task may lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRule {
    /// The option of the plugin that says so.
    pub rule: &'static str,
    /// Directories, absolute.
    pub roots: Vec<PathBuf>,
    /// And into its allocation.
    pub allocation: bool,
}

impl PathRule {
    /// The rule of a node for a task; `None` if every path will do.
    pub fn of(plugin: &PluginConfig, rules: &Rules) -> Option<Self> {
        if !plugin.volumes_enabled {
            return Some(Self { rule: "volumes.enabled", roots: vec![], allocation: true });
        }
        let roots = rules.host_paths.as_ref()?.iter().map(PathBuf::from).collect();
        Some(Self { rule: "allow_host_paths", roots, allocation: true })
    }

    /// The rule for seccomp profiles. Where tasks must be confined, one that the job brings along is no confinement.
    pub fn of_profiles(plugin: &PluginConfig, rules: &Rules) -> Option<Self> {
        if rules.unconfined != Some(false) {
            return Self::of(plugin, rules);
        }
        let roots = rules.host_paths.iter().flatten().filter(|_| plugin.volumes_enabled);
        let roots = roots.map(PathBuf::from).collect();
        Some(Self { rule: "allow_unconfined", roots, allocation: false })
    }

    /// Whether `path` may be used by a task of the allocation. Both are free of symlinks and `..`.
    pub fn allows(&self, path: &Path, alloc_dir: &Path) -> bool {
        let inside = path.starts_with(alloc_dir);
        (inside && self.allocation) || (!inside && self.roots.iter().any(|root| path.starts_with(root)))
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
