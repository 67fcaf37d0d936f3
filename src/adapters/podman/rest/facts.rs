//! Containers as the service tells them, in the domain's words.

use super::wire::{Inspect, Listed, Mount, StopSignal};
use crate::adapters::podman::observe::Seen;
use crate::adapters::podman::observe::seen::{container_state, exit_code, instant};
use crate::domain::container::ContainerFacts;
use crate::domain::container::facts::Bind;
use crate::domain::task::identity::{ContainerId, ContainerName};
use crate::domain::time::Timestamp;

/// From an inspect.
pub fn seen(inspect: Inspect) -> Seen {
    let (state, config, host) = (inspect.state, inspect.config, inspect.host_config);
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
        image: Some(entry.image_id).filter(|id| !id.is_empty()),
        binds: vec![],
        ip: None,
        stop_signal: None,
    }
}

fn seconds(seconds: i64) -> Option<Timestamp> {
    let nanos = seconds.checked_mul(1_000_000_000).filter(|nanos| *nanos > 0);
    nanos.map(Timestamp::from_unix_nanos)
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
