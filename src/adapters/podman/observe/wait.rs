//! The end of a container: the kernel wakes us, Podman's record is the truth.
//!
//! ```text
//!            inspect                       pidfd of the first process
//!   call ──▶ ended on record ─▶ done   ┌──────────────────────────────────┐ fires
//!            never started ──▶ error   │ idle: one descriptor in epoll,   ├────▶ read the OOM counter,
//!            alive ───────────────────▶│ no timer, no request             │      inspect until on record
//!              │                       └──────────────────────────────────┘
//!              └─ no pid of ours ─▶ the service's own wait, believed only if an inspect agrees
//! ```
//!
//! Podman has the code some 10 ms after the process has ended, when conmon has left it in a file, and 100 to 200 ms
//! before the container is cleaned up (measured on 4.3). A conmon that was killed leaves none: once it and the
//! process are gone and no record has come, the code is unknown.

use super::{Hint, Seen, Service};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::linux::cgroup::Cgroup;
use crate::adapters::podman::linux::oom::OomWatch;
use crate::adapters::podman::linux::pidfd::Pidfd;
use crate::domain::container::{ContainerFacts, ContainerState};
use crate::domain::limits::{RETRY_FIRST, RETRY_LONGEST};
use crate::domain::task::identity::ContainerId;
use crate::ports::{Clock, ErrorKind, RuntimeError};
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

/// How many answers of a broken service, as of damaged storage, are taken after a process has ended before its
/// code counts as unknown: with the pauses between them, a minute.
const BROKEN_ANSWERS: u32 = 16;

/// What a program that SIGKILL ended exits with.
const KILLED: i32 = 137;

/// How often to look again when the processes of a container that is said to run cannot be held: they may just
/// have ended. The pauses, from [`RECORD_FIRST`] on and doubled, add up to a quarter of a second.
const MISSES: u32 = 6;

/// A running container, held by the kernel: by at least one of its two processes.
struct Hold {
    /// The first process; `None` if it has just ended.
    init: Option<Pidfd>,
    conmon: Option<Pidfd>,
    oom: Option<OomWatch>,
    /// As the service described it when it was held.
    facts: ContainerFacts,
}

/// Whether a wait is over.
enum Turn {
    Over(Box<ContainerFacts>),
    /// Look again: it runs, perhaps anew.
    Again,
}

/// See [`crate::ports::ContainerRuntime::wait`].
pub async fn wait<S: Service>(service: &S, id: &ContainerId) -> Result<ContainerFacts, RuntimeError> {
    let waiter = Waiter { service, call: Call::new("wait for container", id), id };
    let (mut misses, mut contradictions) = (0, 0);
    loop {
        let seen = waiter.patient_inspect(u32::MAX).await?;
        if let Some(facts) = waiter.settled(&seen.facts)? {
            return Ok(facts);
        }
        let turn = match hold(&seen) {
            Some(hold) => waiter.watch(hold).await?,
            None if misses < MISSES => {
                service.clock().sleep(RECORD_FIRST * (1 << misses)).await;
                misses += 1;
                Turn::Again
            }
            None => waiter.ask_for_end(&mut contradictions).await?,
        };
        if let Turn::Over(facts) = turn {
            return Ok(*facts);
        }
    }
}

/// One wait.
struct Waiter<'a, S> {
    service: &'a S,
    call: Call,
    id: &'a ContainerId,
}

impl<S: Service> Waiter<'_, S> {
    /// Sleeps until the first process has ended, then looks for the record.
    async fn watch(&self, hold: Hold) -> Result<Turn, RuntimeError> {
        if let Some(init) = &hold.init {
            init.ended().await.map_err(|error| self.call.error(ErrorKind::Internal, error))?;
        }
        // Before anything else: the counter goes with the cleaning up.
        let oom = hold.oom.as_ref().is_some_and(OomWatch::has_killed);
        let (mut pause, mut alone) = (RECORD_FIRST, Duration::ZERO);
        loop {
            let seen = match self.patient_inspect(BROKEN_ANSWERS).await {
                Err(error) if error.kind.is_transient() => {
                    return Ok(Turn::Over(Box::new(with_oom(lost(hold.facts), oom))));
                }
                other => other?,
            };
            if seen.facts.pid.is_some() && seen.facts.pid != hold.facts.pid {
                return Ok(Turn::Again);
            }
            if let Some(facts) = self.settled(&seen.facts)? {
                return Ok(Turn::Over(Box::new(with_oom(facts, oom))));
            }
            if alone >= RECORD_GRACE {
                return Ok(Turn::Over(Box::new(with_oom(lost(seen.facts), oom))));
            }
            if hold.supervised() {
                hold.supervised_pause(self.service.clock(), pause).await;
            } else {
                self.service.clock().sleep(pause).await;
                alone += pause;
            }
            pause = (pause * 2).min(if alone.is_zero() { RECORD_LONGEST } else { ALONE_LONGEST });
        }
    }

    /// Where no pid of ours names the process: the service's wait, which cannot be trusted, so only a hint.
    async fn ask_for_end(&self, contradictions: &mut u32) -> Result<Turn, RuntimeError> {
        let hint = self.service.end_hint(&self.call, self.id).await;
        let seen = self.patient_inspect(u32::MAX).await?;
        if let Some(facts) = self.settled(&seen.facts)? {
            return Ok(Turn::Over(Box::new(facts)));
        }
        // Only one after the other counts: a service that restarts now and then is no lost supervisor.
        *contradictions = if hint == Hint::Broken { 0 } else { *contradictions + 1 };
        if hint == Hint::NoRecord || *contradictions >= CONTRADICTIONS {
            return Ok(Turn::Over(Box::new(lost(seen.facts))));
        }
        self.service.clock().sleep(backoff(*contradictions)).await;
        Ok(Turn::Again)
    }

    /// An inspect that waits for the service to come back, and takes `broken_max` answers that make no sense.
    async fn patient_inspect(&self, broken_max: u32) -> Result<Seen, RuntimeError> {
        let (mut tries, mut broken) = (0_u32, 0_u32);
        loop {
            match self.service.seen(self.id.as_str()).await {
                Err(error) if error.kind.is_transient() && broken < broken_max => {
                    broken += u32::from(error.is(ErrorKind::Internal) || error.is(ErrorKind::Malformed));
                    tracing::debug!(%error, "waiting for Podman");
                    self.service.clock().sleep(backoff(tries)).await;
                    tries += 1;
                }
                other => return other.map_err(|error| self.call.error(error.kind, error.message)),
            }
        }
    }

    /// The end, if it is on record.
    fn settled(&self, facts: &ContainerFacts) -> Result<Option<ContainerFacts>, RuntimeError> {
        match facts.state {
            ContainerState::Exited => Ok(Some(facts.clone())),
            ContainerState::Created => {
                Err(self.call.error(ErrorKind::WrongState, "the container was never started"))
            }
            ContainerState::Running
            | ContainerState::Paused
            | ContainerState::Stopping
            | ContainerState::Removing
            | ContainerState::Unknown => Ok(None),
        }
    }
}

impl Hold {
    fn supervised(&self) -> bool {
        self.conmon.as_ref().is_some_and(|conmon| !conmon.has_ended())
    }

    /// Sleeps for `pause`, or until conmon is gone: then the record is there.
    async fn supervised_pause(&self, clock: &dyn Clock, pause: Duration) {
        let Some(conmon) = &self.conmon else { return };
        tokio::select! {
            _ = conmon.ended() => {}
            () = clock.sleep(pause) => {}
        }
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
    Some(Hold { init, conmon, oom, facts: seen.facts.clone() })
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
