//! Entries of a list, in the domain's words.

use super::wire::Listed;
use crate::adapters::podman::observe::seen::{container_state, exit_code};
use crate::domain::container::ContainerFacts;
use crate::domain::task::identity::{ContainerId, ContainerName};
use crate::domain::time::Timestamp;

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
mod tests {
    use super::*;

    #[test]
    fn list_entries_follow_the_same_rule() {
        let entry = |state: &str, exited_at: i64| {
            let json = format!(
                r#"{{"Id":"115a","Names":["fx1"],"State":"{state}","Pid":0,"ExitCode":0,"StartedAt":1795467472,
                "ExitedAt":{exited_at},"Labels":null,"Mounts":[],"Ports":null}}"#
            );
            listed(serde_json::from_str(&json).unwrap())
        };
        assert_eq!(entry("exited", 1_795_467_472).exit_code, Some(0));
        assert_eq!(entry("exited", -62_135_596_800).exit_code, None);
        assert_eq!(entry("exited", 1_795_467_472).name.as_str(), "fx1");
    }
}
