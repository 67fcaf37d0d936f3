//! The end of a container: the kernel wakes us, Podman's record is the truth.
//!
//! ```text
//!            inspect                       pidfd of the first process
//!   call ──▶ ended on record ─▶ done   ┌──────────────────────────────────┐ fires
//!            never started ──▶ error   │ idle: one descriptor in epoll,   ├────▶ read the OOM counter,
//!            alive ───────────────────▶│ no timer, no request             │      inspect until on record,
//!              │                       └──────────────────────────────────┘      or read what conmon left
//!              └─ no pid of ours ─▶ the service's events, believed only if an inspect agrees
//! ```
//!
//! Podman has the code some 10 ms after the process has ended, when conmon has left it in a file, and 100 to 200 ms
//! before the container is cleaned up (measured on 4.3). While Podman does not answer, that file is the record. A
//! conmon that was killed leaves none: once it and the process are gone and no record has come, the code is unknown.

use super::seen::KILLED;
use super::watches::Common;
use super::{Seen, Service, deaths};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::linux::exit_file;
use crate::adapters::podman::linux::hierarchy::Hierarchies;
use crate::adapters::podman::linux::oom::OomWatch;
use crate::adapters::podman::linux::pidfd::Pidfd;
use crate::domain::container::{ContainerFacts, ContainerState, MemoryAtEnd};
use crate::domain::limits::{QUERY_TIMEOUT, RETRY_FIRST, RETRY_LONGEST};
use crate::domain::task::identity::ContainerId;
use crate::ports::clock::within;
use crate::ports::{Clock, ErrorKind, RuntimeError};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// First pause between the end of a process and the next look for its record.
const RECORD_FIRST: Duration = Duration::from_millis(4);

/// Longest such pause while conmon lives.
const RECORD_LONGEST: Duration = Duration::from_secs(30);

/// Longest such pause without it.
const ALONE_LONGEST: Duration = Duration::from_millis(500);

/// How long a record may take after conmon is gone, which wrote it before: only the service's own delay.
const RECORD_GRACE: Duration = Duration::from_secs(5);

/// How often a container may be said to be stopping without a process, with pauses of up to [`RETRY_LONGEST`], before
/// its supervisor counts as lost: half a minute.
const CONTRADICTIONS: u32 = 8;

/// After so long without a word of a container's end the service is asked whether it still watches it, for at most
/// so long.
const SILENCE: Duration = Duration::from_secs(600);
const SILENCE_HINT: Duration = Duration::from_secs(60);

/// How many answers of a broken service, as of damaged storage, are taken after a process has ended before its
/// code counts as unknown: with the pauses between them, a minute.
const BROKEN_ANSWERS: u32 = 16;

/// How long a process may take to end after the kernel has counted it as killed. One that was held alive and dies
/// sooner may be the one that was counted before.
const DYING: Duration = Duration::from_secs(1);

/// How often to look again when the processes of a container that is said to run cannot be held: they may just
/// have ended. The pauses, from [`RECORD_FIRST`] on and doubled, add up to a quarter of a second.
const MISSES: u32 = 6;

/// Looks at the file that conmon leaves after an end, and the pause between them. It is there after some 10 ms, and for
/// 60 ms or more.
const LEFT_LOOKS: u32 = 100;
const LEFT_PAUSE: Duration = Duration::from_millis(2);

/// How long the service may take for the record of an end before what conmon left is looked at; doubled each time, so
/// that a slow service is heard in the end.
const ANSWER_FIRST: Duration = Duration::from_secs(1);

/// A running container, held by the kernel: by one of its two processes.
struct Hold {
    /// The first process; conmon, if that has just ended.
    process: Pidfd,
    oom: Option<Arc<OomWatch>>,
    /// As the service described it when it was held, [in short](Seen::in_short).
    seen: Seen,
}

/// Whether a wait is over.
enum Turn {
    Over(Box<ContainerFacts>),
    /// Look again: it runs, perhaps anew.
    Again,
}

/// What is on record about an end.
enum Record {
    /// The service's; perhaps not yet the end.
    Service(Box<Seen>),
    /// Conmon's, while the service does not answer.
    Conmon(Box<ContainerFacts>),
}

/// See [`crate::ports::ContainerRuntime::wait`].
pub async fn wait<S: Service>(
    common: &Arc<Common<S>>,
    id: &ContainerId,
) -> Result<ContainerFacts, RuntimeError> {
    let waiter = Waiter { common, call: Call::new("wait for container", id), id };
    if let Some(hold) = waiter.hold_at_once()
        && let Turn::Over(facts) = waiter.watch(hold).await?
    {
        return Ok(*facts);
    }
    let mut misses = 0;
    loop {
        let seen = Box::pin(waiter.patient_inspect()).await?;
        if let Some(facts) = waiter.settled(&seen.facts)? {
            let killed = waiter.killed_unseen(&seen);
            return Ok(with_oom(facts, killed, false));
        }
        let turn = match waiter.hold(seen) {
            Some(hold) => waiter.watch(hold).await?,
            None if misses < MISSES => {
                common.service.clock().sleep(RECORD_FIRST * (1 << misses)).await;
                misses += 1;
                Turn::Again
            }
            None => Box::pin(waiter.listen()).await?,
        };
        if let Turn::Over(facts) = turn {
            return Ok(*facts);
        }
    }
}

/// One wait.
struct Waiter<'a, S> {
    common: &'a Arc<Common<S>>,
    call: Call,
    id: &'a ContainerId,
}

impl<S: Service> Waiter<'_, S> {
    fn clock(&self) -> &dyn Clock {
        self.common.service.clock()
    }

    /// Holds a process of a container that runs here.
    fn hold(&self, seen: Box<Seen>) -> Option<Box<Hold>> {
        let (root, id) = (self.common.machine.root(), self.id.as_str());
        let pidfd = |pid: Option<u32>| pid.and_then(|pid| Pidfd::of_container(root, pid, id));
        let init = pidfd(seen.facts.pid);
        let oom = init.as_ref().and_then(|init| oom_watch(&self.common.machine, init, id)).map(Arc::new);
        oom.iter().for_each(|watch| self.common.ooms.note(self.id, watch));
        if self.common.exits.get().is_none() {
            let dir = seen.conmon_pid.and_then(|pid| exit_file::dir_of(root, pid, id));
            // Another watch may have been faster, with the same answer.
            dir.map(|dir| self.common.exits.set(dir));
        }
        let process = init.or_else(|| pidfd(seen.conmon_pid))?;
        Some(Box::new(Hold { process, oom, seen: seen.in_short() }))
    }

    /// The same without asking, if the first process that was seen a moment ago is still there.
    fn hold_at_once(&self) -> Option<Box<Hold>> {
        let seen = self.common.lately.of(self.clock().now(), self.id)?;
        let first = seen.facts.pid;
        self.hold(Box::new(seen))
            .filter(|hold| first == Some(hold.process.pid()) && !hold.process.has_ended())
    }

    /// Sleeps until the process has ended, then looks for the record.
    async fn watch(&self, hold: Box<Hold>) -> Result<Turn, RuntimeError> {
        let killed = self.ended(&hold).await.map_err(|error| self.call.error(ErrorKind::Internal, error))?;
        // Boxed, as other steps that are seldom under way: each running container has one that waits.
        Box::pin(self.recorded(*hold, killed)).await
    }

    /// The record of an end.
    async fn recorded(&self, hold: Hold, killed: Option<MemoryAtEnd>) -> Result<Turn, RuntimeError> {
        let asked = hold.oom.as_ref().is_some_and(|watch| watch.is_asked());
        let over = |facts| Ok(Turn::Over(Box::new(with_oom(facts, killed, asked))));
        let conmon = self.conmon(&hold.seen);
        let left = self.left(&hold.seen.facts, conmon.as_ref()).await;
        let (mut pause, mut alone) = (RECORD_FIRST, Duration::ZERO);
        loop {
            let seen = match self.record(left.as_ref()).await {
                Ok(Record::Service(seen)) => seen,
                Ok(Record::Conmon(facts)) => return over(*facts),
                Err(error) => {
                    return left
                        .or_else(|| error.kind.is_transient().then(|| lost(hold.seen.facts)))
                        .map_or(Err(error), over);
                }
            };
            if seen.facts.pid.is_some() && seen.facts.pid != hold.seen.facts.pid {
                return Ok(Turn::Again);
            }
            if let Some(facts) = self.settled(&seen.facts)? {
                return over(facts);
            }
            if alone >= RECORD_GRACE {
                return over(left.unwrap_or_else(|| lost(seen.facts)));
            }
            match conmon.as_ref().filter(|conmon| !conmon.has_ended()) {
                Some(conmon) => pause_beside(self.clock(), conmon, pause).await,
                None => {
                    self.clock().sleep(pause).await;
                    alone += pause;
                }
            }
            pause = (pause * 2).min(if alone.is_zero() { RECORD_LONGEST } else { ALONE_LONGEST });
        }
    }

    /// Sleeps until the process has ended; its memory, if it was killed for want of it.
    async fn ended(&self, hold: &Hold) -> io::Result<Option<MemoryAtEnd>> {
        let Some(watch) = &hold.oom else {
            hold.process.ended().await?;
            return Ok(self.killed_unseen(&hold.seen));
        };
        self.common.births.forget(self.id);
        let mut killed_before = watch.killed_before();
        if killed_before.is_some()
            && Box::pin(within(self.clock(), DYING, hold.process.ended())).await.is_err()
        {
            killed_before = None;
        }
        hold.process.ended().await?;
        // Before anything else: the counter goes with the cleaning up.
        Ok(watch.killed().or(killed_before.filter(|_| !watch.is_asked())))
    }

    /// The supervisor, which outlives the first process by some milliseconds and leaves the record.
    fn conmon(&self, seen: &Seen) -> Option<Pidfd> {
        seen.conmon_pid.and_then(|pid| Pidfd::of_container(self.common.machine.root(), pid, self.id.as_str()))
    }

    /// The service's answer, however long it stays away, unless conmon has `left` one.
    async fn record(&self, left: Option<&ContainerFacts>) -> Result<Record, RuntimeError> {
        let (mut tries, mut broken, mut patience) = (0, 0, ANSWER_FIRST);
        loop {
            match within(self.clock(), patience, self.common.service.seen(self.id.as_str())).await {
                Ok(Ok(seen)) => return Ok(Record::Service(Box::new(seen))),
                Ok(Err(error)) if !error.kind.is_transient() || broken >= BROKEN_ANSWERS => {
                    return Err(self.call.error(error.kind, error.message));
                }
                Ok(Err(error)) => broken += u32::from(is_broken(&error)),
                Err(_) => patience = (patience * 2).min(2 * QUERY_TIMEOUT),
            }
            if let Some(facts) = left {
                return Ok(Record::Conmon(Box::new(facts.clone())));
            }
            self.clock().sleep(backoff(tries)).await;
            tries += 1;
        }
    }

    /// The end of the run that was held, as conmon leaves it about now: the service has it from there, and removes it
    /// once it has cleaned up. `None` where that cannot be seen, or does not come: conmon leaves it before it ends.
    async fn left(&self, held: &ContainerFacts, conmon: Option<&Pidfd>) -> Option<ContainerFacts> {
        let (exits, started_at) = (self.common.exits.get()?, held.started_at?);
        for _ in 0..LEFT_LOOKS {
            // Before the look, or it might be left in between.
            let is_last = conmon.is_none_or(Pidfd::has_ended) || !exits.is_dir();
            if let Some(left) = exit_file::read(exits, self.id.as_str(), started_at) {
                let (exit_code, finished_at) = (Some(left.code), Some(left.at));
                return Some(ContainerFacts { exit_code, finished_at, ..lost(held.clone()) });
            }
            if is_last {
                return None;
            }
            self.clock().sleep(LEFT_PAUSE).await;
        }
        None
    }

    /// Where no pid of ours names a process: waits until the service's events or list say that the container may have
    /// ended, and believes an inspect.
    async fn listen(&self) -> Result<Turn, RuntimeError> {
        let waiter = deaths::expect(self.common, self.id);
        let mut last_looks = 0;
        loop {
            // Also before the first word: it may have ended since it was seen.
            let seen = self.patient_inspect().await?;
            if let Some(facts) = self.settled(&seen.facts)? {
                let killed = self.killed_unseen(&seen);
                return Ok(Turn::Over(Box::new(with_oom(facts, killed, false))));
            }
            // A service that calls it dead and alive at once has lost its supervisor.
            let is_stuck = seen.facts.state == ContainerState::Stopping && seen.facts.pid.is_none();
            last_looks = if is_stuck { last_looks + 1 } else { 0 };
            if last_looks > CONTRADICTIONS {
                return Ok(Turn::Over(Box::new(lost(seen.facts))));
            }
            if is_stuck {
                self.clock().sleep(backoff(last_looks)).await;
            } else if self.is_lost(&waiter).await {
                return Ok(Turn::Over(Box::new(lost(seen.facts))));
            }
        }
    }

    /// Returns when the container may have ended: true if nobody will ever know how. The end of a container that lost its
    /// supervisor is in no event and no list; only the service's own wait finds it out, in half a minute.
    async fn is_lost(&self, waiter: &deaths::Waiter<'_>) -> bool {
        tokio::select! {
            biased;
            () = waiter.woken() => return false,
            () = self.clock().sleep(SILENCE) => {}
        }
        let lost = self.common.service.has_no_record(&self.call, self.id);
        within(self.clock(), SILENCE_HINT, lost).await == Ok(true)
    }

    /// An inspect that waits for the service to come back.
    async fn patient_inspect(&self) -> Result<Box<Seen>, RuntimeError> {
        let mut tries = 0;
        loop {
            match self.common.service.seen(self.id.as_str()).await {
                Err(error) if error.kind.is_transient() => {
                    tracing::debug!(%error, "waiting for Podman");
                    self.clock().sleep(backoff(tries)).await;
                    tries += 1;
                }
                other => {
                    return other.map(Box::new).map_err(|error| self.call.error(error.kind, error.message));
                }
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

    /// What the control group of a container that ended before anybody watched has left: it outlives the last process
    /// by a tenth of a second.
    fn killed_unseen(&self, seen: &Seen) -> Option<MemoryAtEnd> {
        if seen.facts.exit_code.is_some_and(|code| code != KILLED) {
            return None;
        }
        self.common.births.killed(&self.common.machine, self.id).or_else(|| self.killed_lately(seen))
    }

    fn killed_lately(&self, seen: &Seen) -> Option<MemoryAtEnd> {
        let cgroup = self.common.machine.of_ended(&seen.cgroup_parent, self.id.as_str())?;
        OomWatch::since_birth(&cgroup).ok()?.killed()
    }
}

/// Sleeps for `pause`, or until conmon is gone: then the record is there.
async fn pause_beside(clock: &dyn Clock, conmon: &Pidfd, pause: Duration) {
    tokio::select! {
        _ = conmon.ended() => {}
        () = clock.sleep(pause) => {}
    }
}

/// Kills counted while the first process runs were of others.
fn oom_watch(machine: &Hierarchies, init: &Pidfd, id: &str) -> Option<OomWatch> {
    let cgroup = machine.of_container(init.pid(), id).ok()?;
    OomWatch::start(&cgroup).ok().filter(|_| !init.has_ended())
}

/// The OOM killer ends with SIGKILL; a program that survives the death of a child was not ended by it, whatever the
/// service has seen, nor one that we have killed ourselves.
fn with_oom(mut facts: ContainerFacts, killed: Option<MemoryAtEnd>, asked: bool) -> ContainerFacts {
    let by_signal = facts.exit_code.is_none_or(|code| code == KILLED);
    facts.oom_killed = by_signal && (killed.is_some() || (facts.oom_killed && !asked));
    facts.memory_at_end = killed.filter(|_| facts.oom_killed);
    facts
}

/// Ended, and nobody can say how.
fn lost(facts: ContainerFacts) -> ContainerFacts {
    ContainerFacts { state: ContainerState::Exited, pid: None, exit_code: None, ..facts }
}

/// An answer that no service in order gives.
fn is_broken(error: &RuntimeError) -> bool {
    error.is(ErrorKind::Internal) || error.is(ErrorKind::Malformed)
}

fn backoff(tries: u32) -> Duration {
    RETRY_FIRST.saturating_mul(1 << tries.min(10)).min(RETRY_LONGEST)
}

#[cfg(test)]
#[path = "wait_tests.rs"]
mod tests;
