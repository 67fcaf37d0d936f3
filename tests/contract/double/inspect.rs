//! What is told of a container.

use super::service::{Double, No};
use nomad_driver_podman::domain::container::spec::Network;
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerState};
use nomad_driver_podman::domain::time::Timestamp;
use nomad_driver_podman::ports::{ContainerRuntime, ErrorKind, RuntimeError};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The words of `State.Status`.
pub fn word(state: ContainerState) -> &'static str {
    match state {
        ContainerState::Created => "configured",
        ContainerState::Running | ContainerState::Stopping => "running",
        ContainerState::Paused => "paused",
        ContainerState::Exited => "exited",
        ContainerState::Removing => "removing",
        ContainerState::Unknown => "unknown",
    }
}

/// Nobody has that name.
pub fn absent(name: &str) -> No {
    let reason = format!("no container with name or ID {name} found: no such container");
    No("io.podman.ContainerNotFound".to_owned(), json!({ "id": name, "reason": reason }))
}

/// The container of this name or id.
pub async fn find(double: &Double, name: &str) -> Result<ContainerFacts, No> {
    let found = double.memory.inspect(name).await;
    let facts = found.map_err(|error: RuntimeError| match error.kind {
        ErrorKind::NotFound => absent(name),
        _ => No::occurred(error.message),
    })?;
    if facts.state == ContainerState::Exited {
        // An end is on record once conmon has drained the output.
        double.logs.written(&facts.id).await;
    }
    Ok(facts)
}

/// The keys of an inspect that we need, and some that we do not.
pub fn data(double: &Double, facts: &ContainerFacts) -> Value {
    let alive = facts.state.is_alive();
    let pid = facts.pid.filter(|_| alive).unwrap_or(0);
    let signal = facts.stop_signal.as_deref().and_then(|signal| signal.parse().ok());
    let signal = signal.map_or(15, |signal: nomad_driver_podman::domain::signal::Signal| signal.number());
    let mounts = facts.binds.iter().map(|bind| {
        json!({ "Type": "bind", "Name": "", "Source": bind.source, "Destination": bind.target, "Driver": "",
            "Mode": "", "Options": ["rbind"], "RW": true, "Propagation": "rprivate" })
    });
    let journal = double.has_journal(&facts.id);
    let log = if journal { PathBuf::new() } else { double.logs.path(&facts.id) };
    json!({
        "Id": facts.id.as_str(), "Name": facts.name.as_str(), "Image": facts.image,
        "State": {
            "OciVersion": "1.0.1-dev", "Status": word(facts.state), "Running": facts.state == ContainerState::Running,
            "Paused": facts.state == ContainerState::Paused, "Restarting": false, "OOMKilled": facts.oom_killed,
            "Dead": false, "Pid": pid, "ConmonPid": pid, "ExitCode": facts.exit_code.unwrap_or(0), "Error": "",
            "StartedAt": time(facts.started_at), "FinishedAt": time(facts.finished_at),
            "Healthcheck": { "Status": "", "FailingStreak": 0, "Log": null },
        },
        "LogPath": log, "LogTag": "", "Mounts": mounts.collect::<Vec<_>>(),
        "Dependencies": joined(double, facts),
        "NetworkSettings": { "IPAddress": facts.ip.clone().unwrap_or_default(), "Ports": [] },
        "Config": { "Labels": *facts.labels, "StopSignal": signal, "Volumes": null },
        "HostConfig": { "LogConfig": { "Type": if journal { "journald" } else { "k8s-file" }, "Config": null }, "CapAdd": [] },
    })
}

/// Ids of the containers whose network it has joined.
fn joined(double: &Double, facts: &ContainerFacts) -> Vec<String> {
    let specs = double.specs.lock().unwrap();
    let Some(Network::Container(other)) = specs.get(facts.id.as_str()).map(|spec| &spec.network) else {
        return vec![];
    };
    specs
        .iter()
        .filter(|(id, spec)| *id == other || spec.name.as_str() == other)
        .map(|(id, _)| id.clone())
        .collect()
}

/// RFC 3339; Go's zero time for never.
fn time(at: Option<Timestamp>) -> String {
    let Some(at) = at else { return "0001-01-01T00:00:00Z".to_owned() };
    let at = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.unix_nanos())).unwrap();
    at.format(&time::format_description::well_known::Rfc3339).unwrap()
}
