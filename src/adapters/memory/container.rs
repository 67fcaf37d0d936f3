//! One container: its record, and the verbs that change it.
//!
//! ```text
//! Created ──start──▶ Running ◀──pause/unpause──▶ Paused
//!                     │  ▲                         │
//!            its end  ▼  └──start──┐         kill  │
//!                    Exited ───────┘ ◀─────────────┘        each ──remove──▶ gone
//! ```

use super::commands::Contents;
use super::control::{Control, Freezer};
use super::happening::{Deed, Observer};
use super::images::Image;
use super::logs::LogStore;
use super::process::{End, Surroundings};
use super::world::World;
use super::{locked, stats, until};
use crate::domain::container::facts::Bind;
use crate::domain::container::labels::log_backlog;
use crate::domain::container::spec::{Mount, MountSource, Network};
use crate::domain::container::{ContainerFacts, ContainerSpec, ContainerState};
use crate::domain::signal::Signal;
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::ContainerId;
use crate::domain::time::Timestamp;
use crate::ports::{Clock, ErrorKind};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// Why a container does not do as told: what a caller may do about it, and the runtime's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) ErrorKind, pub(super) String);

/// See the module.
pub(super) struct Container {
    pub(super) id: ContainerId,
    pub(super) world: Arc<World>,
    pub(super) log: Arc<LogStore>,
    pub(super) contents: Contents,
    /// Id of its image.
    pub(super) image: String,
    pub(super) argv: Vec<String>,
    ip: Option<String>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Option<Observer>,
    pub(super) freezer: Arc<Freezer>,
    pub(super) life: Mutex<Life>,
    pub(super) changed: Notify,
}

/// What changes.
pub(super) struct Life {
    pub(super) state: ContainerState,
    pub(super) started_at: Option<Timestamp>,
    pub(super) finished_at: Option<Timestamp>,
    pub(super) end: Option<End>,
    /// Nobody is there to record the end of this run.
    pub(super) unrecorded: bool,
    /// Only while its processes exist.
    pub(super) run: Option<Run>,
}

/// One run of the first process.
#[derive(Clone)]
pub(super) struct Run {
    pub(super) pid: u32,
    pub(super) control: Arc<Control>,
    pub(super) around: Surroundings,
}

impl Container {
    pub(super) fn new(
        id: ContainerId,
        spec: ContainerSpec,
        image: &Image,
        ip: Option<String>,
        clock: Arc<dyn Clock>,
        observer: Option<Observer>,
    ) -> Self {
        let log = Arc::new(LogStore::bounded(log_backlog(&spec.labels)));
        let mut argv: Vec<String> = spec.entrypoint.iter().chain(&spec.command).cloned().collect();
        if argv.is_empty() {
            // The image's own command, which nobody knows here: something that sounds like it.
            argv.push(image.name.clone());
        }
        Self {
            world: Arc::new(World::new(&id, spec)),
            id,
            log,
            contents: image.contents,
            image: image.id.clone(),
            argv,
            ip,
            clock,
            observer,
            freezer: Arc::default(),
            life: Mutex::new(Life {
                state: ContainerState::Created,
                started_at: None,
                finished_at: None,
                end: None,
                unrecorded: false,
                run: None,
            }),
            changed: Notify::new(),
        }
    }

    pub(super) fn spec(&self) -> &ContainerSpec {
        &self.world.spec
    }

    pub(super) fn contents(&self) -> Contents {
        self.contents
    }

    pub(super) fn is_alive(&self) -> bool {
        locked(&self.life).state.is_alive()
    }

    pub(super) fn facts(&self) -> ContainerFacts {
        let life = locked(&self.life);
        let alive = life.state.is_alive();
        let exited = life.end.filter(|_| life.state == ContainerState::Exited && !life.unrecorded);
        ContainerFacts {
            id: self.id.clone(),
            name: self.spec().name.clone(),
            state: life.state,
            pid: life.run.as_ref().map(|run| run.pid),
            started_at: life.started_at,
            finished_at: life.finished_at,
            exit_code: exited.map(|end| end.code),
            oom_killed: exited.is_some_and(|end| end.oom),
            memory_at_end: exited.filter(|end| end.oom).map(|_| self.world.memory.at_end()),
            labels: self.spec().labels.clone(),
            image: Some(self.image.clone()),
            binds: binds(self.spec()),
            ip: self.ip.clone().filter(|_| alive && self.spec().network == Network::Bridge),
            stop_signal: Some(self.world.spec.stop_signal.unwrap_or(Signal::TERM).to_string()),
        }
    }

    /// See [`crate::ports::ContainerRuntime::wait`].
    pub(super) async fn wait(&self) -> Result<ContainerFacts, Refusal> {
        until(&self.changed, || self.waited()).await
    }

    fn waited(&self) -> Option<Result<ContainerFacts, Refusal>> {
        let facts = self.facts();
        match facts.state {
            ContainerState::Created => Some(Err(self.wrong_state("was never started"))),
            ContainerState::Exited => Some(Ok(facts)),
            ContainerState::Removing => Some(Err(gone(self.id.as_str()))),
            _ => None,
        }
    }

    pub(super) fn signal(&self, signal: Signal) -> Result<(), Refusal> {
        self.running("can only kill running containers")?.control.raise(signal);
        self.tell(Deed::Signalled);
        Ok(())
    }

    /// What an OOM kill of the first process does.
    pub(super) fn kill_for_memory(&self) -> Result<(), Refusal> {
        self.running("can only kill running containers")?.control.kill_for_memory();
        Ok(())
    }

    /// Whoever would record the end of this run is gone.
    pub(super) fn lose_record(&self) {
        locked(&self.life).unrecorded = true;
    }

    pub(super) fn pause(&self) -> Result<(), Refusal> {
        self.freeze(ContainerState::Running, ContainerState::Paused)
    }

    pub(super) fn unpause(&self) -> Result<(), Refusal> {
        self.freeze(ContainerState::Paused, ContainerState::Running)
    }

    fn freeze(&self, from: ContainerState, to: ContainerState) -> Result<(), Refusal> {
        let mut life = locked(&self.life);
        if life.state != from {
            return Err(self.wrong_state(&format!("is not {from:?}")));
        }
        life.state = to;
        self.freezer.set(to == ContainerState::Paused);
        Ok(())
    }

    /// Ends everything in it and waits until that is so. Whoever waits for its end learns that it is gone; an
    /// end that was on record stays one.
    pub(super) async fn discard(&self) {
        let run = {
            let mut life = locked(&self.life);
            if life.state != ContainerState::Exited {
                life.state = ContainerState::Removing;
            }
            life.run.clone()
        };
        self.changed.notify_waiters();
        self.log.close();
        if let Some(run) = run {
            run.control.raise(Signal::KILL);
            until(&self.changed, || locked(&self.life).run.is_none().then_some(())).await;
        }
    }

    pub(super) fn stats(&self) -> Result<StatsSample, Refusal> {
        let started_at = {
            let life = locked(&self.life);
            if life.run.is_none() {
                return Err(self.wrong_state("is stopped"));
            }
            life.started_at
        };
        let now = self.clock.now();
        Ok(stats::sample(started_at.unwrap_or(now), now, &self.world.memory))
    }

    pub(super) fn running(&self, otherwise: &str) -> Result<Run, Refusal> {
        locked(&self.life).run.clone().ok_or_else(|| self.wrong_state(otherwise))
    }

    pub(super) fn wrong_state(&self, message: &str) -> Refusal {
        Refusal(ErrorKind::WrongState, format!("container {}: {message}: container state improper", self.id))
    }
}

fn binds(spec: &ContainerSpec) -> Vec<Bind> {
    let bind = |mount: &Mount| match &mount.source {
        MountSource::Bind(source) => Some(Bind { source: source.clone(), target: mount.target.clone() }),
        MountSource::Tmpfs | MountSource::Volume(_) => None,
    };
    spec.mounts.iter().filter_map(bind).collect()
}

/// No container of that name or id.
pub(super) fn gone(id: &str) -> Refusal {
    Refusal(ErrorKind::NotFound, format!("no container with name or ID {id:?} found: no such container"))
}
