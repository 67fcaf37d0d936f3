//! The JSON of replies: only fields that are used. Lists that are empty come as `null` (Podman 1.9.3). What makes a
//! reply the one to its call is not optional, so that the reply to another one is noticed.

use crate::adapters::podman::inspect::nullable;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `CreateContainer`, `StartContainer`, `KillContainer` and others: an id, or a text.
#[derive(Debug, Deserialize)]
pub struct Container {
    /// 64 hex digits.
    pub container: String,
}

/// `RemoveContainer`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Removed {
    /// It did.
    Container(Container),
    /// Somebody else was faster: Podman 1 answers as if asked whether it exists.
    Exists(Exists),
}

/// `ContainerExists` in its own words.
#[derive(Debug, Deserialize)]
pub struct Exists {
    /// 0 for yes, 1 for no.
    pub exists: i64,
}

/// `ContainerInspectData`, `ContainerStateData`: JSON in a text.
#[derive(Debug, Deserialize)]
pub struct Described {
    /// The JSON.
    pub config: String,
}

/// `Ps`.
#[derive(Debug, Deserialize)]
pub struct Listed {
    /// In no order.
    #[serde(deserialize_with = "nullable")]
    pub containers: Vec<Entry>,
}

/// One container of a list.
#[derive(Debug, Deserialize)]
pub struct Entry {
    /// 64 hex digits.
    pub id: String,
    /// As in an inspect.
    pub state: String,
}

/// `GetEvents`.
#[derive(Debug, Deserialize)]
pub struct Happened {
    /// See [`Event`].
    pub events: Event,
}

/// Something that happened to a container.
#[derive(Debug, Deserialize)]
pub struct Event {
    /// 64 hex digits.
    pub id: String,
}

/// `GetContainerStats`.
#[derive(Debug, Deserialize)]
pub struct Counted {
    /// See [`Stats`].
    pub container: Stats,
}

/// Counters of one container.
#[derive(Debug, Deserialize)]
pub struct Stats {
    /// 64 hex digits.
    pub id: String,
    /// CPU time in all modes, in nanoseconds.
    pub cpu_nano: i64,
    /// The wall clock, in nanoseconds, whatever its name says.
    pub system_nano: i64,
    /// Bytes, page cache included.
    pub mem_usage: i64,
}

/// `GetContainerLogs`.
#[derive(Debug, Deserialize)]
pub struct Lines {
    /// Records of the log file, each with its end.
    #[serde(deserialize_with = "nullable")]
    pub container: Vec<String>,
}

/// `PullImage`, `LoadImage`.
#[derive(Debug, Deserialize)]
pub struct Progress {
    /// See [`Step`].
    pub reply: Step,
}

/// One step of a pull or load.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// For a person.
    #[serde(deserialize_with = "nullable")]
    pub logs: Vec<String>,
    /// Of the image; empty but in the last step.
    pub id: String,
}

/// `InspectImage`: JSON in a text.
#[derive(Debug, Deserialize)]
pub struct Image {
    /// The JSON.
    pub image: String,
}

/// What that JSON holds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Identified {
    /// 64 hex digits.
    pub id: String,
}

/// `GetContainersByContext`.
#[derive(Debug, Deserialize)]
pub struct Ids {
    /// 64 hex digits each.
    #[serde(deserialize_with = "nullable")]
    pub containers: Vec<String>,
}

/// Of an inspect, what no other wire needs.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Joined {
    /// Ids of the containers whose namespaces it has joined.
    #[serde(deserialize_with = "nullable")]
    pub dependencies: Vec<String>,
}

/// `org.varlink.service.GetInfo`.
#[derive(Debug, Deserialize)]
pub struct Service {
    /// Podman's own.
    pub version: String,
    /// What it speaks.
    pub interfaces: Vec<String>,
}

/// What a `ContainerStateData` says of sessions.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sessions {
    /// A file beside the container's others.
    #[serde(rename = "configPath")]
    pub config_path: String,
    /// By id.
    #[serde(rename = "newExecSessions", deserialize_with = "nullable")]
    pub sessions: BTreeMap<String, Session>,
}

/// One session.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Session {
    /// On the host; absent before its process runs.
    pub pid: u32,
    /// As it was asked for.
    pub config: SessionConfig,
}

/// How a session was asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionConfig {
    /// See the exec module: our name for it.
    #[serde(deserialize_with = "nullable")]
    pub detach_keys: String,
}
