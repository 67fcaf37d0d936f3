//! What Podman 1 cannot do: the options that came later, by name, and what of the others.
//!
//! The one list of it: the varlink adapter refuses by it at StartTask, `validate --podman 1` tells it beforehand. It
//! is about the input of `CreateContainer`, `PullImage` and `VolumeCreate` of 1.9.3, the last Podman 1.

use super::ContainerSpec;
use super::spec::{Health, Limits, LogDriver, Mount, MountSource, Namespace, Network, Security};
use crate::domain::config::grammar::networks::Attachment;
use crate::domain::config::grammar::userns::UserNamespace;
use crate::domain::config::task::process::HealthAction;
use crate::domain::config::{Problem, Problems};
use crate::domain::image::{PullPolicy, PullRequest};

const TLS: &str = "it is the node's registries.conf that says which registries may be insecure";

/// Options of its log drivers.
const LOG_OPTIONS: [&str; 2] = ["path", "tag"];

/// Whether Podman 1 can create it.
///
/// # Errors
/// Every option that it does not know.
pub fn check(spec: &ContainerSpec) -> Result<(), Problems> {
    let mut found = Found::default();
    found.refuse(spec.oci_runtime.is_some(), "runtime", "it uses the one of its own configuration");
    found.refuse(!spec.cdi_devices.is_empty(), "devices", "names of CDI came with 4.1");
    found.refuse(!spec.secrets.is_empty(), "secrets", "secrets came with 3.1");
    found.refuse(
        !spec.storage_options.is_empty(),
        "storage_opt",
        "it takes no such options and says nothing",
    );
    let hosts = !spec.hosts.is_empty() && spec.network == Network::None;
    found.refuse(hosts, "extra_hosts", "it writes no hosts file for a task without a network");
    let keys = [("labels", &spec.labels), ("annotations", &spec.annotations)];
    for (option, pairs) in keys {
        found.refuse(
            pairs.keys().any(|key| key.contains('=')),
            option,
            "a name ends at its first equals sign",
        );
    }
    found.health(&spec.health);
    found.log(spec);
    found.network(&spec.network);
    found.mounts(&spec.mounts);
    found.limits(&spec.limits);
    found.security(&spec.security);
    found.refuse(spec.unproven_registry, "auth.tls_verify", TLS);
    found.0.or(())
}

/// Whether Podman 1 can get the image so. Where no registry is ever asked, nothing matters of how it would be.
///
/// # Errors
/// Every option that it does not know.
pub fn check_pull(request: &PullRequest) -> Result<(), Problems> {
    let mut found = Found::default();
    if request.policy == PullPolicy::Never && request.archive.is_none() {
        return Ok(());
    }
    let asks = matches!(request.policy, PullPolicy::Always | PullPolicy::Newer);
    let missing = "it asks a registry only for what is missing; use missing or never, and no force_pull";
    found.refuse(asks, "pull_policy", missing);
    let platform = &request.platform;
    let parts = [("arch", &platform.arch), ("os", &platform.os), ("variant", &platform.variant)];
    for (option, part) in parts {
        found.refuse(part.is_some(), option, "it pulls for the node's own platform only");
    }
    found.refuse(request.skip_tls_verify, "auth.tls_verify", TLS);
    found.0.or(())
}

#[derive(Default)]
struct Found(Problems);

impl Found {
    fn refuse(&mut self, asked: bool, option: &str, reason: &str) {
        if asked {
            self.0.0.push(Problem::new(option, format!("Podman 1 cannot do this: {reason}")));
        }
    }

    fn health(&mut self, health: &Health) {
        let Health::Check(check) = health else { return };
        let acts = check.on_failure.is_some_and(|action| action != HealthAction::None);
        self.refuse(acts, "healthcheck.on_failure", "it only tells health; this came with 4.3");
    }

    fn log(&mut self, spec: &ContainerSpec) {
        let other = spec.log.options.keys().find(|option| !LOG_OPTIONS.contains(&option.as_str()));
        if let Some(option) = other {
            self.refuse(true, "logging.options", &format!("there is no {option}, only path and tag"));
        }
        self.refuse(spec.log.rotate_at.is_some(), "logging.options", "its files have no max-size");
        let elsewhere = spec.log.driver == LogDriver::File && spec.log.options.contains_key("path");
        self.refuse(elsewhere, "logging.options", "path would move the file that is followed");
    }

    fn network(&mut self, network: &Network) {
        match network {
            Network::Pasta(_) => self.refuse(true, "network_mode", "pasta came with 4.4"),
            Network::Slirp4netns(options) => {
                self.refuse(!options.is_empty(), "network_mode", "options of slirp4netns came with 2.0");
            }
            Network::Networks(networks) => self.networks(networks),
            Network::Bridge | Network::Host | Network::None | Network::Container(_) | Network::Path(_) => {}
        }
    }

    fn networks(&mut self, networks: &[Attachment]) {
        let any = |has: fn(&Attachment) -> bool| networks.iter().any(has);
        let addressed = any(|it| !it.ips.is_empty() || it.mac.is_some());
        self.refuse(any(|it| !it.aliases.is_empty()), "network_aliases", "they came with 3.0");
        self.refuse(any(|it| it.interface.is_some()), "networks", "interface_name came with 4.0");
        self.refuse(any(|it| it.ips.len() > 1), "static_ips", "it takes one address");
        self.refuse(any(|it| it.ips.iter().any(std::net::IpAddr::is_ipv6)), "static_ips", "it takes no IPv6");
        let several = networks.len() > 1;
        self.refuse(several && addressed, "static_ips", "it takes an address on a single network only");
        let default = networks.iter().any(|it| it.name == "default");
        self.refuse(several && default, "networks", "the default network cannot be one of several");
    }

    fn mounts(&mut self, mounts: &[Mount]) {
        for mount in mounts {
            let MountSource::Volume(volume) = &mount.source else { continue };
            let anonymous = volume.name.is_empty();
            let special = volume.is_special() || !mount.options.is_empty();
            self.refuse(anonymous && special, "mount", "a volume without a name has no options");
        }
    }

    fn limits(&mut self, limits: &Limits) {
        let lone = limits.memory.is_none() && limits.memory_swap.is_some();
        self.refuse(lone, "memory_swap", "it needs a memory limit");
    }

    fn security(&mut self, wanted: &Security) {
        self.refuse(wanted.cgroup.is_some(), "cgroupns", "it came with 2.0");
        self.refuse(!wanted.proc_options.is_empty(), "security_opt", "proc-opts came with 2.1");
        self.refuse(!wanted.mask.is_empty(), "security_opt", "mask came with 3.0");
        self.refuse(!wanted.unmask.is_empty(), "security_opt", "unmask came with 3.0");
        self.refuse(wanted.label_nested, "security_opt", "label=nested came with 4.5");
        self.refuse(matches!(wanted.ipc, Some(Namespace::Path(_))), "ipc_mode", "it joins none by path");
        let none = wanted.ipc == Some(Namespace::None);
        self.refuse(none, "ipc_mode", "it takes none and gives a private one all the same");
        let pid = matches!(wanted.pid, Some(Namespace::Path(_)));
        self.refuse(pid, "pid_mode", "it joins none by path");
        let uts = matches!(wanted.uts, Some(Namespace::Path(_)));
        self.refuse(uts, "uts_mode", "it joins none by path");
        match &wanted.user_namespace {
            Some(UserNamespace::NoMap) => self.refuse(true, "userns", "nomap came with 4.1"),
            Some(UserNamespace::KeepId(options)) => {
                self.refuse(!options.is_empty(), "userns", "options of keep-id came with 4.3");
            }
            Some(UserNamespace::Host | UserNamespace::Auto(_) | UserNamespace::Path(_)) | None => {}
        }
    }
}

#[cfg(test)]
#[path = "podman1_tests.rs"]
mod tests;
