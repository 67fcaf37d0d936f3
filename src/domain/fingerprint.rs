//! How the driver feels, told to the host as health and node attributes.

use std::collections::BTreeMap;

/// What a runtime says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeFacts {
    /// Its version, `4.3.1`.
    pub version: String,
    /// How we talk to it: `rest`, `varlink`, `memory`.
    pub api: &'static str,
    /// 1 or 2.
    pub cgroup_version: u8,
    /// Runs without root.
    pub rootless: bool,
    /// Path or name of the OCI runtime; empty if unknown.
    pub oci_runtime: String,
    /// SELinux is on.
    pub selinux: bool,
    /// AppArmor is on.
    pub apparmor: bool,
    /// Seccomp is on.
    pub seccomp: bool,
}

impl RuntimeFacts {
    /// The first number of the version; 0 if there is none.
    pub fn major(&self) -> u32 {
        self.version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
    }
}

/// Health, in the host's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// No runtime to be seen: the node does not offer this driver.
    Undetected,
    /// Seen before, not answering now: no new tasks.
    Unhealthy,
    /// Works.
    Healthy,
}

/// A node attribute's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// A text; an empty one removes the attribute from the node.
    Text(String),
    /// A bool.
    Bool(bool),
}

/// One report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// See [`Health`].
    pub health: Health,
    /// For a person; must not change while nothing changes, since each change is a node event.
    pub description: String,
    /// `driver.podman.*`.
    pub attributes: BTreeMap<String, Attribute>,
}

/// The report for a runtime that answered, or did not.
///
/// `seen` tells whether it has ever answered: one that never did is undetected rather than unhealthy.
pub fn fingerprint(probe: Result<&RuntimeFacts, &str>, seen: bool) -> Fingerprint {
    match probe {
        Ok(facts) => Fingerprint {
            health: Health::Healthy,
            description: "Healthy".to_owned(),
            attributes: attributes(facts),
        },
        Err(reason) => Fingerprint {
            health: if seen { Health::Unhealthy } else { Health::Undetected },
            description: format!("Cannot talk to Podman: {reason}"),
            attributes: BTreeMap::from([("driver.podman.health".to_owned(), text("unhealthy"))]),
        },
    }
}

fn attributes(facts: &RuntimeFacts) -> BTreeMap<String, Attribute> {
    let flag = Attribute::Bool;
    [
        ("", flag(true)),
        (".health", text("healthy")),
        (".version", text(&facts.version)),
        (".api", text(facts.api)),
        (".cgroupVersion", text(&format!("v{}", facts.cgroup_version))),
        (".rootless", flag(facts.rootless)),
        (".ociRuntime", text(&facts.oci_runtime)),
        (".selinuxEnabled", flag(facts.selinux)),
        (".appArmor", flag(facts.apparmor)),
        (".seccompEnabled", flag(facts.seccomp)),
    ]
    .into_iter()
    .map(|(key, value)| (format!("driver.podman{key}"), value))
    .collect()
}

fn text(value: &str) -> Attribute {
    Attribute::Text(value.to_owned())
}
