//! The JSON in which libpod describes a container, which both wires carry: only fields that are used, all of them
//! optional, because versions leave some out and write `null` for others (Podman 1.5 to 5).

use super::observe::Seen;
use super::observe::seen::{KILLED, container_state, exit_code, instant};
use crate::domain::container::ContainerFacts;
use crate::domain::container::facts::Bind;
use crate::domain::secret::Texts;
use crate::domain::task::identity::{ContainerId, ContainerName};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// Labels, or `null`.
pub fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Texts, D::Error> {
    nullable::<_, BTreeMap<String, String>>(deserializer).map(Texts::from)
}

/// `null` reads as the default.
pub fn nullable<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(json: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(json)?.unwrap_or_default())
}

/// A container.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Inspect {
    /// 64 hex digits.
    pub id: String,
    /// Without a leading slash.
    pub name: String,
    /// Id of its image.
    #[serde(deserialize_with = "nullable")]
    pub image: String,
    /// What is mounted into it.
    #[serde(deserialize_with = "nullable")]
    pub mounts: Vec<Mount>,
    /// See [`State`].
    #[serde(deserialize_with = "nullable")]
    pub state: State,
    /// See [`Config`].
    #[serde(deserialize_with = "nullable")]
    pub config: Config,
    /// See [`HostConfig`].
    #[serde(deserialize_with = "nullable")]
    pub host_config: HostConfig,
    /// See [`NetworkSettings`].
    #[serde(deserialize_with = "nullable")]
    pub network_settings: NetworkSettings,
    /// Of the log file, up to 2.x; later in [`LogConfig`].
    #[serde(deserialize_with = "nullable")]
    pub log_path: String,
}

/// One of `Mounts` of an inspect.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Mount {
    /// `bind`, `volume`; tmpfs mounts are left out.
    #[serde(rename = "Type")]
    pub kind: String,
    /// On the host.
    #[serde(deserialize_with = "nullable")]
    pub source: String,
    /// In the container.
    #[serde(deserialize_with = "nullable")]
    pub destination: String,
}

/// `State` of an inspect.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct State {
    /// `configured`, `created`, `initialized`, `running`, `paused`, `stopping`, `stopped`, `exited`, `removing`.
    pub status: String,
    /// 0 when not running.
    pub pid: u32,
    /// Absent when not running.
    #[serde(deserialize_with = "nullable")]
    pub conmon_pid: u32,
    /// 0 also where there is none.
    pub exit_code: i32,
    /// conmon saw the kernel's event.
    #[serde(rename = "OOMKilled")]
    pub oom_killed: bool,
    /// RFC 3339; year 1 for never.
    pub started_at: String,
    /// RFC 3339; year 1 for never. Kept through later runs.
    pub finished_at: String,
    /// While it runs; 4.0 and later.
    #[serde(deserialize_with = "nullable")]
    pub cgroup_path: String,
}

/// `Config` of an inspect.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Config {
    /// `null` without any.
    #[serde(deserialize_with = "texts")]
    pub labels: Texts,
    /// A number up to 4.x, a name from 5.0 on.
    #[serde(deserialize_with = "nullable")]
    pub stop_signal: Option<StopSignal>,
}

/// A stop signal of either age.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum StopSignal {
    /// As the kernel counts.
    Number(u32),
    /// `SIGTERM`.
    Name(String),
}

/// `HostConfig` of an inspect.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostConfig {
    /// Empty for the default.
    #[serde(deserialize_with = "nullable")]
    pub cgroup_parent: String,
    /// From 3.0 on.
    #[serde(deserialize_with = "nullable")]
    pub log_config: LogConfig,
}

/// `HostConfig.LogConfig` of an inspect.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LogConfig {
    /// `k8s-file`, `journald`, ...
    #[serde(rename = "Type", deserialize_with = "nullable")]
    pub driver: String,
    /// Of the log file.
    #[serde(deserialize_with = "nullable")]
    pub path: String,
}

/// `NetworkSettings` of an inspect.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NetworkSettings {
    /// On the default network; else empty.
    #[serde(rename = "IPAddress", deserialize_with = "nullable")]
    pub ip_address: String,
    /// By name.
    #[serde(deserialize_with = "nullable")]
    pub networks: BTreeMap<String, Network>,
}

/// One network of an inspect.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Network {
    /// May be empty.
    #[serde(rename = "IPAddress", deserialize_with = "nullable")]
    pub ip_address: String,
}

/// In the domain's words.
pub fn seen(inspect: Inspect) -> Seen {
    let (state, config, host) = (inspect.state, inspect.config, inspect.host_config);
    let (started_at, finished_at) = (instant(&state.started_at), instant(&state.finished_at));
    let word = container_state(&state.status, started_at, finished_at);
    let code = exit_code(word, state.exit_code, started_at, finished_at);
    let networks = inspect.network_settings;
    let own_networks = networks.networks.into_values().map(|network| network.ip_address);
    let facts = ContainerFacts {
        id: ContainerId::new(inspect.id),
        name: ContainerName::new(inspect.name.trim_start_matches('/')),
        state: word,
        pid: Some(state.pid).filter(|pid| *pid > 0),
        started_at,
        finished_at,
        exit_code: code,
        // Also said of a program that has only lost a child.
        oom_killed: state.oom_killed && code.is_none_or(|code| code == KILLED),
        memory_at_end: None,
        labels: config.labels,
        image: Some(inspect.image).filter(|id| !id.is_empty()),
        binds: inspect.mounts.into_iter().filter(|mount| mount.kind == "bind").map(bind).collect(),
        ip: std::iter::once(networks.ip_address).chain(own_networks).find(|ip| !ip.is_empty()),
        stop_signal: config.stop_signal.map(|signal| match signal {
            StopSignal::Number(number) => number.to_string(),
            StopSignal::Name(name) => name,
        }),
    };
    Seen {
        facts,
        conmon_pid: Some(state.conmon_pid).filter(|pid| *pid > 0),
        cgroup_path: state.cgroup_path,
        cgroup_parent: host.cgroup_parent,
        log_driver: host.log_config.driver,
        log_path: if host.log_config.path.is_empty() { inspect.log_path } else { host.log_config.path },
    }
}

fn bind(mount: Mount) -> Bind {
    Bind { source: mount.source, target: mount.destination }
}

#[cfg(test)]
#[path = "inspect_tests.rs"]
mod tests;
