//! The end of a container: the kernel wakes us, Podman's record is the truth.
//!
//! ```text
//!            inspect                       pidfd of the first process
//!   call ──▶ ended on record ─▶ done   ┌──────────────────────────────────┐ fires
//!            never started ──▶ error   │ idle: one descriptor in epoll,   ├────▶ read the OOM counter,
//!            alive ───────────────────▶│ no timer, no request             │      inspect until on record
//!              │                       └──────────────────────────────────┘
//!              └─ no pid of ours ─▶ Podman's own wait, believed only if an inspect agrees
//! ```
//!
//! Podman has the code some 10 ms after the process has ended, when conmon has left it in a file, and 100 to 200 ms
//! before the container is cleaned up (measured on 4.3). A conmon that was killed leaves none: once it and the
//! process are gone and no record has come, the code is unknown.

use super::client::{Ask, Call, Podman};
use super::containers::path;
use super::facts::Seen;
use crate::adapters::podman::linux::cgroup::Cgroup;
use crate::adapters::podman::linux::oom::OomWatch;
use crate::adapters::podman::linux::pidfd::Pidfd;
use crate::domain::container::{ContainerFacts, ContainerState};
use crate::domain::limits::{RETRY_FIRST, RETRY_LONGEST};
use crate::domain::task::identity::ContainerId;
use crate::ports::{ErrorKind, RuntimeError};
use std::path::Path;
use std::time::Duration;

/// First pause between the end of a process and the next look for its record.
const RECORD_FIRST: Duration = Duration::from_millis(4);

/// Longest such pause while conmon lives.
const RECORD_LONGEST: Duration = Duration::from_secs(30);

/// Longest such pause without it.
const ALONE_LONGEST: Duration = Duration::from_millis(500);

/// How long a record may take after conmon is gone, which wrote it before: only the service's own delay.
const RECORD_GRACE: Duration = Duration::from_secs(5);

/// How often Podman's wait may contradict its inspect, with pauses of up to [`RETRY_LONGEST`], before the
/// supervisor counts as lost: half a minute.
const CONTRADICTIONS: u32 = 8;

/// What a program that SIGKILL ended exits with.
const KILLED: i32 = 137;

/// The answer of Podman 4.2 and later when conmon was lost.
const NO_RECORD: &str = "no such exit code";

/// How often to look again when the processes of a container that is said to run cannot be held: they may just
/// have ended. The pauses, from [`RECORD_FIRST`] on and doubled, add up to a quarter of a second.
const MISSES: u32 = 6;

/// A running container, held by the kernel: by at least one of its two processes.
struct Hold {
    /// The first process; `None` if it has just ended.
    init: Option<Pidfd>,
    conmon: Option<Pidfd>,
    oom: Option<OomWatch>,
    /// Of the first process, as the service said.
    pid: Option<u32>,
}

/// Whether a wait is over.
enum Turn {
    Over(Box<ContainerFacts>),
    /// Look again: it runs, perhaps anew.
    Again,
}

impl Podman {
    /// See [`crate::ports::ContainerRuntime::wait`].
    pub async fn wait(&self, id: &ContainerId) -> Result<ContainerFacts, RuntimeError> {
        let call = Call::new("wait for container", id);
        let (mut misses, mut contradictions) = (0, 0);
        loop {
            let seen = self.patient_inspect(&call, id).await?;
            if let Some(facts) = settled(&call, &seen.facts)? {
                return Ok(facts);
            }
            let turn = match hold(&seen) {
                Some(hold) => self.watch(&call, id, hold).await?,
                None if misses < MISSES => {
                    self.clock().sleep(RECORD_FIRST * (1 << misses)).await;
                    misses += 1;
                    Turn::Again
                }
                None => self.ask_for_end(&call, id, &mut contradictions).await?,
            };
            if let Turn::Over(facts) = turn {
                return Ok(*facts);
            }
        }
    }

    /// Sleeps until the first process has ended, then looks for the record.
    async fn watch(&self, call: &Call, id: &ContainerId, hold: Hold) -> Result<Turn, RuntimeError> {
        if let Some(init) = &hold.init {
            init.ended().await.map_err(|error| call.error(ErrorKind::Internal, error))?;
        }
        // Before anything else: the counter goes with the cleaning up.
        let oom = hold.oom.as_ref().is_some_and(OomWatch::has_killed);
        let (mut pause, mut alone) = (RECORD_FIRST, Duration::ZERO);
        loop {
            let seen = self.patient_inspect(call, id).await?;
            if seen.facts.pid.is_some() && seen.facts.pid != hold.pid {
                return Ok(Turn::Again);
            }
            if let Some(facts) = settled(call, &seen.facts)? {
                return Ok(Turn::Over(Box::new(with_oom(facts, oom))));
            }
            if alone >= RECORD_GRACE {
                return Ok(Turn::Over(Box::new(with_oom(lost(seen.facts), oom))));
            }
            if hold.supervised() {
                hold.supervised_pause(self, pause).await;
            } else {
                self.clock().sleep(pause).await;
                alone += pause;
            }
            pause = (pause * 2).min(if alone.is_zero() { RECORD_LONGEST } else { ALONE_LONGEST });
        }
    }

    /// Where no pid of ours names the process: Podman's wait, which cannot be trusted (4.6 and later turn every
    /// internal error into 0), so only a hint.
    async fn ask_for_end(
        &self,
        call: &Call,
        id: &ContainerId,
        contradictions: &mut u32,
    ) -> Result<Turn, RuntimeError> {
        let ask = Ask::post(format!("{}/wait?interval=1s", path(id.as_str()))).repeatable().unbounded();
        let hint = self.ask(call, &ask).await;
        let no_record = match &hint {
            Ok(reply) => String::from_utf8_lossy(&reply.body).contains(NO_RECORD),
            Err(_) => false,
        };
        let seen = self.patient_inspect(call, id).await?;
        if let Some(facts) = settled(call, &seen.facts)? {
            return Ok(Turn::Over(Box::new(facts)));
        }
        *contradictions += u32::from(hint.is_ok());
        if no_record || *contradictions >= CONTRADICTIONS {
            return Ok(Turn::Over(Box::new(lost(seen.facts))));
        }
        self.clock().sleep(backoff(*contradictions)).await;
        Ok(Turn::Again)
    }

    /// An inspect that waits for the service to come back.
    async fn patient_inspect(&self, call: &Call, id: &ContainerId) -> Result<Seen, RuntimeError> {
        let mut tries = 0;
        loop {
            match self.inspect(id.as_str()).await {
                Err(error) if error.kind.is_transient() => {
                    tracing::debug!(%error, "waiting for Podman");
                    self.clock().sleep(backoff(tries)).await;
                    tries += 1;
                }
                other => return other.map_err(|error| call.error(error.kind, error.message)),
            }
        }
    }
}

impl Hold {
    fn supervised(&self) -> bool {
        self.conmon.as_ref().is_some_and(|conmon| !conmon.has_ended())
    }

    /// Sleeps for `pause`, or until conmon is gone: then the record is there.
    async fn supervised_pause(&self, podman: &Podman, pause: Duration) {
        let Some(conmon) = &self.conmon else { return };
        tokio::select! {
            _ = conmon.ended() => {}
            () = podman.clock().sleep(pause) => {}
        }
    }
}

/// The end, if it is on record.
fn settled(call: &Call, facts: &ContainerFacts) -> Result<Option<ContainerFacts>, RuntimeError> {
    match facts.state {
        ContainerState::Exited => Ok(Some(facts.clone())),
        ContainerState::Created => Err(call.error(ErrorKind::WrongState, "the container was never started")),
        ContainerState::Running
        | ContainerState::Paused
        | ContainerState::Stopping
        | ContainerState::Removing
        | ContainerState::Unknown => Ok(None),
    }
}

/// Holds the processes of a container that runs here.
fn hold(seen: &Seen) -> Option<Hold> {
    let (root, id) = (Path::new("/"), seen.facts.id.as_str());
    let pidfd = |pid: Option<u32>| pid.and_then(|pid| Pidfd::of_container(root, pid, id));
    let (init, conmon) = (pidfd(seen.facts.pid), pidfd(seen.conmon_pid));
    if init.is_none() && conmon.is_none() {
        return None;
    }
    let oom = init.as_ref().and_then(|init| oom_watch(root, init, id));
    Some(Hold { init, conmon, oom, pid: seen.facts.pid })
}

/// Kills counted while the first process runs were of others.
fn oom_watch(root: &Path, init: &Pidfd, id: &str) -> Option<OomWatch> {
    let cgroup = Cgroup::of_container(root, init.pid(), id).ok()?;
    OomWatch::start(&cgroup).ok().filter(|_| !init.has_ended())
}

/// The OOM killer ends with SIGKILL; a program that survives the death of a child was not ended by it.
fn with_oom(mut facts: ContainerFacts, oom: bool) -> ContainerFacts {
    facts.oom_killed |= oom && facts.exit_code.is_none_or(|code| code == KILLED);
    facts
}

/// Ended, and nobody can say how.
fn lost(facts: ContainerFacts) -> ContainerFacts {
    ContainerFacts { state: ContainerState::Exited, pid: None, exit_code: None, ..facts }
}

fn backoff(tries: u32) -> Duration {
    RETRY_FIRST.saturating_mul(1 << tries.min(10)).min(RETRY_LONGEST)
}
