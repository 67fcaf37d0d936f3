//! A run of a container: how it begins, the life of its first process, what joins it, and how it ends.

use super::container::{Container, Refusal, Run};
use super::control::Control;
use super::happening::Deed;
use super::locked;
use super::logs::LogWriter;
use super::process::{End, Process, Rank, Surroundings};
use super::program::Program;
use super::stdio::{Input, Output};
use crate::domain::container::ContainerState;
use crate::ports::ErrorKind;
use crate::ports::runtime::Change;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

impl Container {
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
        life.unrecorded = false;
        life.run = Some(run.clone());
        drop(life);
        self.tell(Deed::Started);
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
        self.tell(Deed::Ended { code: end.code, oom: end.oom });
        self.changed.notify_waiters();
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
}

/// What [`super::Step::PrintArgs`] prints: all but the command and the program's text.
fn arguments(argv: &[String]) -> Vec<String> {
    argv.iter().skip(2).cloned().collect()
}
