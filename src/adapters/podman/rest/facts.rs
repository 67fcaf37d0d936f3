//! Containers as the service tells them, in the domain's words.
//!
//! The trap: an exit code of 0 stands in every reply, also of containers that never ran, that are being stopped,
//! that lost their supervisor, and that the service found dead after a reboot. A code counts only once an end
//! later than the start is on record (measured on Podman 4.3; `resetContainerState` in its sources for reboots).

use super::wire::{Inspect, Listed, StopSignal};
use crate::domain::container::{ContainerFacts, ContainerState};
use crate::domain::task::identity::{ContainerId, ContainerName};
use crate::domain::time::Timestamp;

/// How far an end may lie before its start and still be that start's: the start is noted after the OCI runtime
/// has returned, by when a short program has ended. Measured 4 ms; a loaded node takes longer.
const START_NOTED_LATE_NANOS: i64 = 5_000_000_000;

/// A container, and what only this adapter needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// In the domain's words.
    pub facts: ContainerFacts,
    /// Supervisor, in the service's pid namespace.
    pub conmon_pid: Option<u32>,
    /// `k8s-file` in containers of ours.
    pub log_driver: String,
    /// Empty if there is none.
    pub log_path: String,
}

/// From an inspect.
pub fn seen(inspect: Inspect) -> Seen {
    let (state, config, log) = (inspect.state, inspect.config, inspect.host_config.log_config);
    let (started_at, finished_at) = (instant(&state.started_at), instant(&state.finished_at));
    let word = container_state(&state.status, started_at, finished_at);
    let networks = inspect.network_settings;
    let own_networks = networks.networks.into_values().map(|network| network.ip_address);
    let facts = ContainerFacts {
        id: ContainerId::new(inspect.id),
        name: ContainerName::new(inspect.name.trim_start_matches('/')),
        state: word,
        pid: Some(state.pid).filter(|pid| *pid > 0),
        started_at,
        finished_at,
        exit_code: exit_code(word, state.exit_code, started_at, finished_at),
        oom_killed: state.oom_killed,
        memory_at_end: None,
        labels: config.labels,
        ip: std::iter::once(networks.ip_address).chain(own_networks).find(|ip| !ip.is_empty()),
        stop_signal: config.stop_signal.map(|signal| match signal {
            StopSignal::Number(number) => number.to_string(),
            StopSignal::Name(name) => name,
        }),
    };
    Seen {
        facts,
        conmon_pid: Some(state.conmon_pid).filter(|pid| *pid > 0),
        log_driver: log.driver,
        log_path: if log.path.is_empty() { inspect.log_path } else { log.path },
    }
}

/// From a list entry, which has no address, no stop signal and no OOM flag, and times in whole seconds.
pub fn listed(entry: Listed) -> ContainerFacts {
    let (started_at, finished_at) = (seconds(entry.started_at), seconds(entry.exited_at));
    let state = container_state(&entry.state, started_at, finished_at);
    ContainerFacts {
        id: ContainerId::new(entry.id),
        name: ContainerName::new(entry.names.into_iter().next().unwrap_or_default()),
        state,
        pid: Some(entry.pid).filter(|pid| *pid > 0),
        started_at,
        finished_at,
        exit_code: exit_code(state, entry.exit_code, started_at, finished_at),
        oom_killed: false,
        memory_at_end: None,
        labels: entry.labels,
        ip: None,
        stop_signal: None,
    }
}

/// `created` means "known to the OCI runtime" up to 3.x and "not yet" from 4.0 on; both are before the start.
/// `stopped` means that conmon has left the exit code and cleaning up goes on (libpod REST 3.0 to 5), unless the
/// supervisor was lost.
fn container_state(
    word: &str,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
) -> ContainerState {
    match word {
        "configured" | "created" | "initialized" => ContainerState::Created,
        "running" => ContainerState::Running,
        "paused" => ContainerState::Paused,
        "stopping" => ContainerState::Stopping,
        "stopped" if end_is_recorded(started_at, finished_at) => ContainerState::Exited,
        "stopped" => ContainerState::Stopping,
        "exited" => ContainerState::Exited,
        "removing" => ContainerState::Removing,
        _ => ContainerState::Unknown,
    }
}

fn exit_code(
    state: ContainerState,
    code: i32,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
) -> Option<i32> {
    let known = state == ContainerState::Exited && end_is_recorded(started_at, finished_at) && code >= 0;
    known.then_some(code)
}

/// Whether `finished_at` is the end of the run that began at `started_at`, not of one before.
fn end_is_recorded(started_at: Option<Timestamp>, finished_at: Option<Timestamp>) -> bool {
    let (Some(started), Some(finished)) = (started_at, finished_at) else { return false };
    finished.unix_nanos().saturating_add(START_NOTED_LATE_NANOS) >= started.unix_nanos()
}

/// RFC 3339; `None` for Go's zero time (year 1) and anything else that is no time of ours.
fn instant(text: &str) -> Option<Timestamp> {
    let nanos = text.parse::<jiff::Timestamp>().ok()?.as_nanosecond();
    i64::try_from(nanos).ok().filter(|nanos| *nanos > 0).map(Timestamp::from_unix_nanos)
}

fn seconds(seconds: i64) -> Option<Timestamp> {
    let nanos = seconds.checked_mul(1_000_000_000).filter(|nanos| *nanos > 0);
    nanos.map(Timestamp::from_unix_nanos)
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
