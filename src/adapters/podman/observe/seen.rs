//! Containers as the service tells them, in the domain's words.
//!
//! The trap: an exit code of 0 stands in every reply, also of containers that never ran, that are being stopped,
//! that lost their supervisor, and that the service found dead after a reboot. A code counts only once an end
//! later than the start is on record (measured on Podman 4.3; `resetContainerState` in its sources for reboots).

use crate::domain::container::{ContainerFacts, ContainerState};
use crate::domain::secret::Texts;
use crate::domain::time::Timestamp;
use time::format_description::well_known::Rfc3339;

/// How far an end may lie before its start and still be that start's: the start is noted after the OCI runtime
/// has returned, by when a short program has ended. Measured 4 ms; a loaded node takes longer.
const START_NOTED_LATE_NANOS: i64 = 5_000_000_000;

/// What a program that SIGKILL ended exits with.
pub const KILLED: i32 = 137;

/// A container, and what only this adapter needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// In the domain's words.
    pub facts: ContainerFacts,
    /// Supervisor, in the service's pid namespace.
    pub conmon_pid: Option<u32>,
    /// Of its control group while it runs, below each mounted hierarchy; empty if the service does not say.
    pub cgroup_path: String,
    /// What it was asked to be below; empty for the service's own choice.
    pub cgroup_parent: String,
    /// `k8s-file` in containers of ours.
    pub log_driver: String,
    /// Empty if there is none.
    pub log_path: String,
}

impl Seen {
    /// Without what nobody asks of a container that has ended, where that takes memory: as long as it runs, this is kept.
    pub fn in_short(self) -> Self {
        let Self { facts, conmon_pid, cgroup_parent, .. } = self;
        let facts =
            ContainerFacts { labels: Texts::default(), image: None, binds: Vec::new(), ip: None, ..facts };
        let (cgroup_path, log_driver, log_path) = Default::default();
        Self { facts, conmon_pid, cgroup_path, cgroup_parent, log_driver, log_path }
    }
}

/// `created` means "known to the OCI runtime" up to 3.x and "not yet" from 4.0 on; both are before the start.
/// `stopped` means that conmon has left the exit code and cleaning up goes on (libpod REST 3.0 to 5), unless the
/// supervisor was lost.
pub fn container_state(
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

/// The code, if it is one of an end on record.
pub fn exit_code(
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
pub fn instant(text: &str) -> Option<Timestamp> {
    let nanos = time::OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp_nanos();
    i64::try_from(nanos).ok().filter(|nanos| *nanos > 0).map(Timestamp::from_unix_nanos)
}
