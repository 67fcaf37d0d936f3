//! Image, program, environment, labels, and what must be said explicitly.

use crate::domain::container::ContainerSpec;
use serde::Serialize;
use std::collections::BTreeMap;

/// The first topic of the SpecGenerator.
#[derive(Serialize)]
pub struct Basic<'a> {
    name: &'a str,
    image: &'a str,
    /// Even an empty one would suppress the image's command.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    entrypoint: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    command: &'a [String],
    env: BTreeMap<&'a str, &'a str>,
    labels: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    work_dir: Option<&'a str>,
    init: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    init_path: Option<&'a str>,
    /// 5.0 and 5.1 leak the value of the request before into one that says nothing.
    privileged: bool,
    /// As `privileged`.
    use_image_hosts: bool,
    log_configuration: LogConfiguration,
    /// Podman must not restart what Nomad restarts.
    restart_policy: &'static str,
}

#[derive(Serialize)]
struct LogConfiguration {
    /// The only one with a file to follow; hosts with systemd would get journald.
    driver: &'static str,
}

/// The topic of `spec`.
pub fn basic(spec: &ContainerSpec) -> Basic<'_> {
    Basic {
        name: spec.name.as_str(),
        image: spec.image.as_str(),
        entrypoint: &spec.entrypoint,
        command: &spec.command,
        env: spec.env.reveal_all().collect(),
        labels: &spec.labels,
        hostname: spec.hostname.as_deref(),
        user: spec.user.as_deref(),
        work_dir: spec.working_dir.as_deref(),
        init: spec.init,
        init_path: spec.init_path.as_deref(),
        privileged: false,
        use_image_hosts: false,
        log_configuration: LogConfiguration { driver: "k8s-file" },
        restart_policy: "no",
    }
}
