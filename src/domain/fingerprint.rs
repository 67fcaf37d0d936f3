//! How the driver feels, told to the host as health and node attributes.

use crate::domain::mapped::Mapped;
use std::collections::BTreeMap;

/// What a runtime says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Who makes cgroups: `systemd`, `cgroupfs`; empty if unknown.
    pub cgroup_manager: String,
    /// Capabilities that containers have unless they ask for others, as the runtime lists them.
    pub capabilities: String,
    /// Path of its socket in its own words; empty if it has none.
    pub socket: String,
    /// Controllers that it may limit with; `None` if it does not say.
    pub cgroup_controllers: Option<Vec<String>>,
}

impl RuntimeFacts {
    /// The first number of the version; 0 if there is none.
    pub fn major(&self) -> u32 {
        self.version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
    }

    /// Whether nothing can be limited by this controller (`cpu`, `memory`, ...), as far as it is known: a rootless
    /// runtime has those that were delegated to it.
    pub fn lacks(&self, controller: &str) -> bool {
        let delegated = |known: &Vec<String>| known.iter().any(|name| name == controller);
        self.rootless
            && (self.cgroup_version == 1 || self.cgroup_controllers.as_ref().is_some_and(|it| !delegated(it)))
    }

    /// Whether containers can be put below a slice of systemd.
    pub fn has_slices(&self) -> bool {
        self.cgroup_version == 2 && self.cgroup_manager == "systemd"
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

impl Fingerprint {
    /// Nomad's Docker driver, given a `socket` that is Podman's, takes our containers for its own, whose tasks it
    /// does not know, and removes them after some minutes. Nothing here can keep it from that.
    #[must_use]
    pub fn with_docker_shim(mut self, socket: &str) -> Self {
        self.attributes.insert("driver.podman.dockerShim".to_owned(), text(socket));
        let warning = "leads to Podman: Nomad's docker driver may remove this driver's containers; set \
                       driver.denylist = \"docker\" in the client's options";
        self.description = format!("{} ({socket} {warning})", self.description);
        self
    }
}

/// What was seen of one socket.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// What tasks call it.
    pub name: &'a str,
    /// Tasks that name none run there.
    pub is_default: bool,
    /// What the runtime said, or why it said nothing.
    pub probe: Result<&'a RuntimeFacts, &'a str>,
    /// It has answered before: it is away rather than absent.
    pub answered_before: bool,
}

/// The report on all sockets of a node. The host knows one health per driver: it is that of the default socket,
/// where tasks run that name none. Another one that is silent is named, and told by its own attribute, which jobs
/// can constrain on; it must not take the tasks of the others with it.
pub fn fingerprint(sockets: &[Seen<'_>]) -> Fingerprint {
    let mut attributes = sockets.iter().flat_map(socket_attributes).mapped();
    let some = sockets.iter().any(|socket| socket.probe.is_ok());
    if some || sockets.len() > 1 {
        attributes.insert("driver.podman".to_owned(), Attribute::Bool(some));
    }
    let (health, description) = verdict(sockets);
    Fingerprint { health, description, attributes }
}

fn verdict(sockets: &[Seen<'_>]) -> (Health, String) {
    let silent: Vec<&Seen<'_>> = sockets.iter().filter(|socket| socket.probe.is_err()).collect();
    let absent = silent.len() == sockets.len() && !sockets.iter().any(|socket| socket.answered_before);
    let health = match silent.iter().any(|socket| socket.is_default) {
        _ if absent => Health::Undetected,
        true => Health::Unhealthy,
        false => Health::Healthy,
    };
    match (silent.as_slice(), sockets) {
        ([], [_]) => (Health::Healthy, "Healthy".to_owned()),
        ([], _) => (Health::Healthy, "All Podman sockets are responding.".to_owned()),
        ([Seen { probe: Err(reason), .. }], [_]) => (health, format!("Cannot talk to Podman: {reason}")),
        _ if silent.len() == sockets.len() => (health, "Cannot connect to any Podman socket.".to_owned()),
        _ => {
            let mut names: Vec<&str> = silent.iter().map(|socket| socket.name).collect();
            names.sort_unstable();
            (health, format!("Cannot fingerprint certain podman sockets: {}", names.join(", ")))
        }
    }
}

/// `driver.podman` for the default socket, `driver.podman.NAME` for the others.
fn socket_attributes(socket: &Seen<'_>) -> Vec<(String, Attribute)> {
    let name: String = socket.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let prefix = if socket.is_default { "driver.podman".to_owned() } else { format!("driver.podman.{name}") };
    let attributes = match socket.probe {
        Ok(facts) => attributes(socket, facts),
        Err(_) => vec![(".health", text("unhealthy"))],
    };
    attributes.into_iter().map(|(key, value)| (format!("{prefix}{key}"), value)).collect()
}

fn attributes(socket: &Seen<'_>, facts: &RuntimeFacts) -> Vec<(&'static str, Attribute)> {
    let flag = Attribute::Bool;
    let mut attributes = vec![
        (".health", text("healthy")),
        (".defaultPodman", flag(socket.is_default)),
        (".socketName", text(socket.name)),
        (".version", text(&facts.version)),
        (".api", text(facts.api)),
        (".cgroupVersion", text(&format!("v{}", facts.cgroup_version))),
        (".rootless", flag(facts.rootless)),
        (".ociRuntime", text(&facts.oci_runtime)),
        (".selinuxEnabled", flag(facts.selinux)),
        (".appArmor", flag(facts.apparmor)),
        (".seccompEnabled", flag(facts.seccomp)),
    ];
    let known = [(".capabilities", &facts.capabilities), (".socket", &facts.socket)];
    attributes.extend(known.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k, text(v))));
    attributes
}

fn text(value: &str) -> Attribute {
    Attribute::Text(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen<'a>(name: &'a str, is_default: bool, probe: Result<&'a RuntimeFacts, &'a str>) -> Seen<'a> {
        Seen { name, is_default, probe, answered_before: false }
    }

    #[test]
    fn each_socket_has_attributes_of_its_own() {
        let facts = RuntimeFacts { version: "5.4.0".to_owned(), ..RuntimeFacts::default() };
        let report = fingerprint(&[seen("default", true, Ok(&facts)), seen("app-1", false, Ok(&facts))]);
        assert_eq!(
            (report.health, report.description.as_str()),
            (Health::Healthy, "All Podman sockets are responding.")
        );
        assert_eq!(report.attributes["driver.podman.version"], text("5.4.0"));
        assert_eq!(report.attributes["driver.podman.app_1.version"], text("5.4.0"));
        assert_eq!(report.attributes["driver.podman.app_1.socketName"], text("app-1"));
        assert_eq!(report.attributes["driver.podman.app_1.defaultPodman"], Attribute::Bool(false));
        assert_eq!(report.attributes["driver.podman"], Attribute::Bool(true));
    }

    #[test]
    fn a_docker_socket_that_is_podmans_is_told_whatever_the_health() {
        for probe in [Ok(&RuntimeFacts::default()), Err("gone")] {
            let report = fingerprint(&[seen("default", true, probe)]);
            let warned = report.clone().with_docker_shim("/var/run/docker.sock");
            assert_eq!(warned.health, report.health);
            assert_eq!(warned.attributes["driver.podman.dockerShim"], text("/var/run/docker.sock"));
            assert!(warned.description.starts_with(&report.description), "{}", warned.description);
            assert!(warned.description.contains("driver.denylist"), "{}", warned.description);
        }
    }

    #[test]
    fn the_health_is_that_of_the_default_socket_and_none_at_all_is_undetected() {
        let facts = RuntimeFacts::default();
        let some = fingerprint(&[
            seen("b", false, Err("x")),
            seen("a", false, Err("x")),
            seen("c", true, Ok(&facts)),
        ]);
        assert_eq!(some.health, Health::Healthy);
        assert_eq!(some.description, "Cannot fingerprint certain podman sockets: a, b");
        assert_eq!(some.attributes["driver.podman.a.health"], text("unhealthy"));
        let default = fingerprint(&[seen("a", true, Err("x")), seen("b", false, Ok(&facts))]);
        assert_eq!(default.health, Health::Unhealthy);
        let none = fingerprint(&[seen("a", true, Err("x")), seen("b", false, Err("x"))]);
        assert_eq!(
            (none.health, none.description.as_str()),
            (Health::Undetected, "Cannot connect to any Podman socket.")
        );
        assert_eq!(none.attributes["driver.podman"], Attribute::Bool(false));
        let away = fingerprint(&[Seen { answered_before: true, ..seen("a", true, Err("gone")) }]);
        assert_eq!(
            (away.health, away.description.as_str()),
            (Health::Unhealthy, "Cannot talk to Podman: gone")
        );
    }
}
