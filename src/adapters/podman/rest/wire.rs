//! The JSON of replies: only fields that are used, all of them optional, because versions leave some out and
//! write `null` for others (libpod REST 2.2 to 5).

use crate::adapters::podman::inspect::{nullable, texts};
use crate::domain::secret::Texts;
use serde::{Deserialize, Deserializer};

/// `POST /containers/create`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Created {
    /// 64 hex digits.
    pub id: String,
    /// Limits that were dropped, for instance.
    #[serde(default, deserialize_with = "nullable")]
    pub warnings: Vec<String>,
}

/// One entry of `GET /containers/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Listed {
    /// 64 hex digits.
    pub id: String,
    /// Id of its image.
    #[serde(rename = "ImageID", deserialize_with = "nullable")]
    pub image_id: String,
    /// The first one is its own.
    #[serde(deserialize_with = "nullable")]
    pub names: Vec<String>,
    /// The words of an inspect.
    pub state: String,
    /// 0 when not running.
    pub pid: u32,
    /// 0 also where there is none.
    pub exit_code: i32,
    /// Seconds since the epoch; far below zero for never.
    pub started_at: i64,
    /// Seconds since the epoch; far below zero for never.
    pub exited_at: i64,
    /// `null` without any.
    #[serde(deserialize_with = "texts")]
    pub labels: Texts,
}

/// One entry of the report of a removal (4.0 and later).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Removed {
    /// A text, or `null` for success.
    pub err: Option<serde_json::Value>,
}

/// `GET /containers/stats?stream=false`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct StatsReport {
    /// `{}` when it failed: Go errors do not encode.
    pub error: Option<serde_json::Value>,
    /// One per container.
    #[serde(deserialize_with = "nullable")]
    pub stats: Vec<Stats>,
}

/// Counters of one container.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Stats {
    /// CPU time in all modes, in nanoseconds.
    #[serde(rename = "CPUNano")]
    pub cpu_nano: u64,
    /// Of which in the kernel.
    #[serde(rename = "CPUSystemNano")]
    pub cpu_system_nano: u64,
    /// The wall clock, in nanoseconds; 0 when the container does not run (4.1 and later).
    #[serde(rename = "SystemNano")]
    pub system_nano: u64,
    /// Bytes, page cache included.
    #[serde(rename = "MemUsage")]
    pub mem_usage: u64,
}

/// One line of a pull.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PullLine {
    /// Progress, for a person.
    #[serde(deserialize_with = "nullable")]
    pub stream: String,
    /// It failed.
    #[serde(deserialize_with = "nullable")]
    pub error: String,
    /// It worked: the image's id.
    #[serde(deserialize_with = "nullable")]
    pub id: String,
}

/// `POST /images/load`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Loaded {
    /// Of the images in the archive.
    #[serde(deserialize_with = "nullable")]
    pub names: Vec<String>,
}

/// `GET /images/{n}/json`, `POST /containers/{n}/exec`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Identified {
    /// Of the image or session.
    pub id: String,
}

/// `GET /exec/{id}/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ExecInspect {
    /// Until its end has been recorded.
    pub running: bool,
    /// 0 while running.
    pub exit_code: i32,
    /// On the host; 0 when not running.
    pub pid: u32,
    /// It has run and ended: one that never ran is not running either, with a code of 0.
    pub can_remove: Option<bool>,
}

/// What is there although it may be `null`.
fn said<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Vec<String>>, D::Error> {
    nullable(json).map(Some)
}

/// `GET /info`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Info {
    /// See [`Host`].
    pub host: Host,
    /// See [`Version`].
    pub version: Version,
}

/// `host` of the info.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Host {
    /// `v1` or `v2`.
    pub cgroup_version: String,
    /// `systemd` or `cgroupfs`.
    pub cgroup_manager: String,
    /// From 4.0 on; `null` where there are none.
    #[serde(deserialize_with = "said")]
    pub cgroup_controllers: Option<Vec<String>>,
    /// From 2.1 on; `null` without a service.
    #[serde(deserialize_with = "nullable")]
    pub remote_socket: RemoteSocket,
    /// See [`OciRuntime`].
    #[serde(deserialize_with = "nullable")]
    pub oci_runtime: OciRuntime,
    /// From 3.0 on.
    #[serde(deserialize_with = "nullable")]
    pub security: Security,
    /// Up to 2.x.
    pub rootless: bool,
}

/// `host.ociRuntime` of the info.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OciRuntime {
    /// Of the program.
    pub path: String,
}

/// `host.remoteSocket` of the info.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RemoteSocket {
    /// Of the socket, sometimes as a URL.
    pub path: String,
}

/// `host.security` of the info.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Security {
    /// Default capabilities, with commas between.
    #[serde(deserialize_with = "nullable")]
    pub capabilities: String,
    /// Runs without root.
    pub rootless: bool,
    /// Is on.
    pub apparmor_enabled: bool,
    /// Is on.
    pub seccomp_enabled: bool,
    /// Is on.
    #[serde(rename = "selinuxEnabled")]
    pub selinux_enabled: bool,
}

/// `version` of the info.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Version {
    /// `4.3.1`.
    pub version: String,
}
