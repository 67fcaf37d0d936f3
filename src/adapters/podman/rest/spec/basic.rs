//! Image, program, environment, labels, output, and what must be said explicitly.

use super::{Bad, Version};
use crate::domain::config::grammar::secret::{SecretOption, SecretTarget};
use crate::domain::container::ContainerSpec;
use crate::domain::container::spec::{Log, LogDriver};
use crate::domain::mapped::Mapped;
use crate::domain::secret::Env;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// Bytes of a log file that no disk holds. conmon would rotate a file of the host's `log_size_max`, and keeps nothing of
/// what it had; 0 and less mean the host's (libpod REST 4.3).
const NEVER_ROTATED: u64 = 1 << 62;

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
    #[serde(serialize_with = "revealed")]
    env: &'a Env,
    labels: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'a str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    work_dir: Option<&'a str>,
    init: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    init_path: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    terminal: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_signal: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oci_runtime: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cgroup_parent: Option<&'a str>,
    /// 5.0 and 5.1 leak the value of the request before into one that says nothing.
    privileged: bool,
    /// As `privileged`.
    use_image_hosts: bool,
    log_configuration: LogConfiguration<'a>,
    /// Podman must not restart what Nomad restarts.
    restart_policy: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<Secret<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    secret_env: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct LogConfiguration<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    driver: Option<&'static str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    options: &'a BTreeMap<String, String>,
    /// Of the file; not read from the options (2.2 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Secret<'a> {
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(rename = "UID")]
    uid: u32,
    #[serde(rename = "GID")]
    gid: u32,
    mode: u32,
}

/// The topic of `spec`.
pub fn basic(spec: &ContainerSpec, version: Version) -> Result<Basic<'_>, Bad> {
    let (secrets, secret_env) = secrets(&spec.secrets, version)?;
    Ok(Basic {
        name: spec.name.as_str(),
        image: spec.image.as_str(),
        entrypoint: &spec.entrypoint,
        command: &spec.command,
        env: &spec.env,
        labels: &spec.labels,
        annotations: annotations(spec),
        hostname: spec.hostname.as_deref(),
        user: spec.user.as_deref(),
        work_dir: spec.working_dir.as_deref(),
        init: spec.init,
        init_path: spec.init_path.as_deref(),
        terminal: spec.terminal,
        stop_signal: spec.stop_signal.map(|signal| signal.number()),
        oci_runtime: spec.oci_runtime.as_deref(),
        cgroup_parent: spec.cgroup_parent.as_deref(),
        privileged: spec.security.privileged,
        use_image_hosts: false,
        log_configuration: log(&spec.log),
        restart_policy: "no",
        secrets,
        secret_env,
    })
}

/// Podman is whom the values are for.
fn revealed<S: Serializer>(env: &Env, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(env.reveal_all())
}

/// Podman's command line records in annotations what an inspect then shows as the security options.
fn annotations(spec: &ContainerSpec) -> BTreeMap<&str, String> {
    let security = &spec.security;
    let labels = (!security.selinux.is_empty()).then(|| security.selinux.join(",label="));
    let recorded =
        [("label", labels), ("apparmor", security.apparmor.clone()), ("seccomp", security.seccomp.clone())];
    let name = |kind| match kind {
        "label" => "io.podman.annotations.label",
        "apparmor" => "io.podman.annotations.apparmor",
        _ => "io.podman.annotations.seccomp",
    };
    let recorded = recorded.into_iter().filter_map(|(kind, value)| Some((name(kind), value?)));
    let own = spec.annotations.iter().map(|(name, value)| (name.as_str(), value.clone()));
    recorded.chain(own).mapped()
}

fn log(log: &Log) -> LogConfiguration<'_> {
    let driver = match log.driver {
        // The only one with a file to follow; hosts with systemd would get journald.
        LogDriver::File => Some("k8s-file"),
        LogDriver::Journal => Some("journald"),
        LogDriver::Runtime => None,
    };
    let never = (log.driver == LogDriver::File).then_some(NEVER_ROTATED);
    LogConfiguration { driver, options: &log.options, size: log.rotate_at.or(never) }
}

type Secrets<'a> = (Vec<Secret<'a>>, BTreeMap<&'a str, &'a str>);

fn secrets(wanted: &[SecretOption], version: Version) -> Result<Secrets<'_>, Bad> {
    // 3.1 has secrets, but neither owners nor variables.
    version.needs_if(!wanted.is_empty(), "secrets", Version(3, 2))?;
    let (mut files, mut env) = (Vec::new(), BTreeMap::new());
    for secret in wanted {
        match &secret.target {
            SecretTarget::Env(name) => drop(env.insert(name.as_str(), secret.source.as_str())),
            SecretTarget::File { path, uid, gid, mode } => files.push(Secret {
                source: &secret.source,
                target: path.as_deref(),
                uid: *uid,
                gid: *gid,
                mode: *mode,
            }),
        }
    }
    Ok((files, env))
}
