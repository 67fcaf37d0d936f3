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
use super::images::Image;
use super::logs::{LogStore, LogWriter};
use super::process::{End, Process, Rank, Surroundings};
use super::program::Program;
use super::stdio::Input;
use super::stdio::Output;
use super::world::World;
use super::{locked, stats, until};
use crate::domain::container::spec::Network;
use crate::domain::container::{ContainerFacts, ContainerSpec, ContainerState};
use crate::domain::signal::Signal;
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::ContainerId;
use crate::domain::time::Timestamp;
use crate::ports::runtime::Change;
use crate::ports::{Clock, ErrorKind};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Why a container does not do as told: what a caller may do about it, and the runtime's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) ErrorKind, pub(super) String);

/// See the module.
pub(super) struct Container {
    pub(super) id: ContainerId,
    pub(super) world: Arc<World>,
    pub(super) log: Arc<LogStore>,
    contents: Contents,
    argv: Vec<String>,
    ip: Option<String>,
    clock: Arc<dyn Clock>,
    freezer: Arc<Freezer>,
    life: Mutex<Life>,
    changed: Notify,
}

/// What changes.
struct Life {
    state: ContainerState,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    end: Option<End>,
    /// Only while its processes exist.
    run: Option<Run>,
}

/// One run of the first process.
#[derive(Clone)]
struct Run {
    pid: u32,
    control: Arc<Control>,
    around: Surroundings,
}

impl Container {
    pub(super) fn new(
        id: ContainerId,
        spec: ContainerSpec,
        image: &Image,
        ip: Option<String>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let mut argv: Vec<String> = spec.entrypoint.iter().chain(&spec.command).cloned().collect();
        if argv.is_empty() {
            // The image's own command, which nobody knows here: something that sounds like it.
            argv.push(image.name.clone());
        }
        Self {
            world: Arc::new(World::new(&id, spec)),
            id,
            log: Arc::default(),
            contents: image.contents,
            argv,
            ip,
            clock,
            freezer: Arc::default(),
            life: Mutex::new(Life {
                state: ContainerState::Created,
                started_at: None,
                finished_at: None,
                end: None,
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
        let exited = life.end.filter(|_| life.state == ContainerState::Exited);
        ContainerFacts {
            id: self.id.clone(),
            name: self.spec().name.clone(),
            state: life.state,
            pid: life.run.as_ref().map(|run| run.pid),
            started_at: life.started_at,
            finished_at: life.finished_at,
            exit_code: exited.map(|end| end.code),
            oom_killed: exited.is_some_and(|end| end.oom),
            labels: self.spec().labels.clone(),
            ip: self.ip.clone().filter(|_| alive && self.spec().network == Network::Bridge),
            stop_signal: Some(self.world.spec.stop_signal.unwrap_or(Signal::TERM).to_string()),
        }
    }

    /// Starts the first process as `pid`; all of the container dies with `runtime` at the latest.
    pub(super) fn start(self: &Arc<Self>, pid: u32, runtime: &CancellationToken) -> Result<Change, Refusal> {
        let mut life = locked(&self.life);
        match life.state {
            ContainerState::Running => return Ok(Change::Identity),
            ContainerState::Created | ContainerState::Exited => {}
            _ => return Err(self.wrong_state("must be in Created or Stopped state to be started")),
        }
        let program = self.program()?;
        let run = self.prepare(pid, runtime);
        life.state = ContainerState::Running;
        life.started_at = Some(self.clock.now());
        life.end = None;
        life.run = Some(run.clone());
        tokio::spawn(Arc::clone(self).live(program, run));
        Ok(Change::Changed)
    }

    /// What would run, or why it cannot, as an OCI runtime says it.
    fn program(&self) -> Result<Program, Refusal> {
        let rejected = |message: String| Refusal(ErrorKind::Rejected, message);
        self.world.check(&self.id, self.contents).map_err(rejected)?;
        Program::of_command(&self.argv, self.contents)
            .map_err(|error| rejected(format!("create failed: unable to start container process: {error}")))
    }

    fn prepare(&self, pid: u32, runtime: &CancellationToken) -> Run {
        self.world.boot();
        self.log.open();
        self.freezer.set(false);
        let around = Surroundings {
            world: Arc::clone(&self.world),
            clock: Arc::clone(&self.clock),
            freezer: Arc::clone(&self.freezer),
            run: runtime.child_token(),
        };
        Run { pid, control: Arc::new(Control::below(&around.run)), around }
    }

    /// The life of the first process, and what follows it.
    async fn live(self: Arc<Self>, program: Program, run: Run) {
        let process = Process {
            control: run.control,
            rank: if self.spec().init { Rank::BelowInit } else { Rank::First },
            args: arguments(&self.argv),
            input: Input::Empty,
            output: Output::Log(LogWriter::new(Arc::clone(&self.log), run.around.run.clone())),
            around: run.around.clone(),
        };
        let end = process.run(program).await;
        // Nobody outlives process 1 of a pid namespace.
        run.around.run.cancel();
        self.ended(end);
    }

    fn ended(&self, end: End) {
        let mut life = locked(&self.life);
        if life.state != ContainerState::Removing {
            life.state = ContainerState::Exited;
        }
        life.finished_at = Some(self.clock.now());
        life.end = Some(end);
        life.run = None;
        drop(life);
        self.log.close();
        self.changed.notify_waiters();
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
        Ok(())
    }

    /// What an OOM kill of the first process does.
    pub(super) fn kill_for_memory(&self) -> Result<(), Refusal> {
        self.running("can only kill running containers")?.control.kill_for_memory();
        Ok(())
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
        self.running("is stopped")?;
        let started_at = locked(&self.life).started_at;
        let now = self.clock.now();
        Ok(stats::sample(started_at.unwrap_or(now), now, &self.world.memory))
    }

    /// A process beside the first one; not in a frozen container.
    pub(super) fn beside(
        &self,
        command: &[String],
        input: Input,
        output: Output,
    ) -> Result<Process, Refusal> {
        if locked(&self.life).state == ContainerState::Paused {
            return Err(self.wrong_state("is paused: cannot create exec session"));
        }
        let around = self.running("can only create exec sessions on running containers")?.around;
        Ok(Process {
            control: Arc::new(Control::below(&around.run)),
            rank: Rank::Other,
            args: arguments(command),
            input,
            output,
            around,
        })
    }

    fn running(&self, otherwise: &str) -> Result<Run, Refusal> {
        locked(&self.life).run.clone().ok_or_else(|| self.wrong_state(otherwise))
    }

    fn wrong_state(&self, message: &str) -> Refusal {
        Refusal(ErrorKind::WrongState, format!("container {}: {message}: container state improper", self.id))
    }
}

/// No container of that name or id.
pub(super) fn gone(id: &str) -> Refusal {
    Refusal(ErrorKind::NotFound, format!("no container with name or ID {id:?} found: no such container"))
}

/// What [`super::Step::PrintArgs`] prints: all but the command and the program's text.
fn arguments(argv: &[String]) -> Vec<String> {
    argv.iter().skip(2).cloned().collect()
}
