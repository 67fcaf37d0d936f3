//! What Nomad's Docker driver calls things, and what becomes of them here: known once, for what `validate` says of
//! such names and for what `convert` makes of such jobs.
//!
//! An option of another name says so in its own row ([`OptionRow::docker`]); this is the rest. Source: Nomad's
//! page "Drivers: docker" and the schema of that driver (Nomad 2.0).

use super::row::OptionRow;
use crate::domain::image::ImageRef;

/// An option that only the Docker driver has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DockerOnly {
    /// Its path.
    pub path: &'static str,
    /// What to do instead, or why nothing needs to be done.
    pub instead: &'static str,
    /// Nothing changes without it.
    pub needless: bool,
    /// `convert` says the same otherwise.
    pub converted: bool,
}

const fn lost(path: &'static str, instead: &'static str) -> DockerOnly {
    DockerOnly { path, instead, needless: false, converted: false }
}

const fn needless(path: &'static str, instead: &'static str) -> DockerOnly {
    DockerOnly { path, instead, needless: true, converted: false }
}

/// Options that only the Docker driver has.
pub const ONLY: &[DockerOnly] = &[
    lost("advertise_ipv6_address", "Nomad advertises the address of the group's network"),
    needless("auth.email", "leave it out: no registry asks for it"),
    needless("auth.server_address", "leave it out: the account is for the registry that image names"),
    needless("container_exists_attempts", "leave it out: a container of the same name is replaced"),
    lost("cpuset_cpus", "reserve cores with cores in the resources block"),
    lost("credential_spec", WINDOWS),
    lost(
        "interactive",
        "leave it out: standard input is empty here; nomad alloc exec has an interactive mode",
    ),
    lost("isolation", WINDOWS),
    DockerOnly {
        converted: true,
        ..lost("load", "name the file in image, as docker-archive:PATH or oci-archive:PATH")
    },
    lost(
        "memory_hard_limit",
        "set memory_max in the resources block; the servers must allow oversubscription",
    ),
    lost("mount.volume_options.subpath", "mount the whole volume, or a directory of the host with type bind"),
    lost("network", "use network_mode"),
    lost("windows_allow_insecure_container_admin", WINDOWS),
];

const WINDOWS: &str = "Podman runs no Windows containers";

/// The option of `table` that does what the Docker driver's option `name` does.
pub fn ours<'t>(table: &'t [OptionRow], name: &str) -> Option<&'t OptionRow> {
    table.iter().find(|row| row.docker.split(" or ").any(|docker| docker == name))
}

/// The option of this path, if only the Docker driver has it. `path` may number its blocks.
pub fn only(path: &str) -> Option<&'static DockerOnly> {
    let plain: String = path.split('.').map(unnumbered).collect::<Vec<_>>().join(".");
    ONLY.iter().find(|docker| docker.path == plain)
}

fn unnumbered(part: &str) -> &str {
    part.split('[').next().unwrap_or(part)
}

/// What a value that the Docker driver takes means here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// The same.
    Same,
    /// The same, on a condition.
    SameIf(String),
    /// What this text means here.
    Written(String),
    /// Nothing; what to do instead.
    Nothing(&'static str),
}

/// The meaning of a text at `path`, the path here.
pub fn meaning(path: &str, text: &str) -> Meaning {
    match (path, text) {
        ("network_mode", "default") => Meaning::Written("bridge".to_owned()),
        ("network_mode", "nat") => Meaning::Nothing(WINDOWS),
        ("network_mode", "bridge" | "host" | "none" | "") => Meaning::Same,
        ("network_mode", mode) if mode.contains(':') => Meaning::Same,
        ("network_mode", name) => Meaning::SameIf(format!(
            "network {name} must be known to Podman on each node: podman network create {name}"
        )),
        ("runtime", "nvidia") => {
            Meaning::Nothing("name the GPUs in devices by their CDI names, such as nvidia.com/gpu=all")
        }
        ("runtime", name) => {
            Meaning::SameIf(format!("runtime {name} must be in containers.conf of each node"))
        }
        ("security_opt", spec) if spec.starts_with("credentialspec") => Meaning::Nothing(WINDOWS),
        _ => Meaning::Same,
    }
}

/// The name by which Podman pulls what the Docker driver pulls as `text`; `None` if that is the same.
///
/// Docker completes short names by its own registry; Podman asks the host's registries.conf, which on many hosts
/// knows none.
pub fn image(text: &str) -> Option<String> {
    let name = text.strip_prefix("https://").unwrap_or(text);
    let short = ImageRef::parse(name).is_ok_and(|image| image.registry().is_none());
    match (short, name.contains('/')) {
        (true, false) => Some(format!("docker.io/library/{name}")),
        (true, true) => Some(format!("docker.io/{name}")),
        (false, _) => (name != text).then(|| name.to_owned()),
    }
}

/// The image to name instead of `load`, a path below the task's `local` directory.
pub fn archive(load: &str) -> String {
    format!("docker-archive:local/{}", load.trim_start_matches('/'))
}

/// The mode of a tmpfs in octal digits. The Docker driver's option is a number, and HCL's are decimal even behind
/// a zero.
pub fn tmpfs_mode(number: u32) -> String {
    format!("{number:o}")
}

#[cfg(test)]
#[path = "docker_tests.rs"]
mod tests;
