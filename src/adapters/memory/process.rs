//! A running process: a task that carries out a program's steps.
//!
//! Idle processes cost nothing: a step that waits does so on the clock, on its input or on its signals, and
//! death is the drop of the whole future.

use super::control::{Control, DefaultAction, Freezer, default_action};
use super::program::{Program, Step};
use super::stdio::{Input, Output};
use super::world::World;
use crate::domain::log::Stream;
use crate::domain::signal::Signal;
use crate::ports::Clock;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// 0 to 255; 128 + signal if one ended it.
    pub(super) code: i32,
    /// The kernel ended it for want of memory.
    pub(super) oom: bool,
}

/// What processes of one run of a container share.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub(super) world: Arc<World>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) freezer: Arc<Freezer>,
    /// Ends when the container's first process has: every other one dies then.
    pub(super) run: CancellationToken,
}

/// Which process of its container it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// Process 1, which signals spare.
    First,
    /// The program below an init: signals reach it as any other process.
    BelowInit,
    /// Started beside the first one, by it or by an exec session.
    Other,
}

/// A process to run.
pub(super) struct Process {
    pub(super) around: Surroundings,
    pub(super) control: Arc<Control>,
    pub(super) rank: Rank,
    /// The command line without the program's own part.
    pub(super) args: Vec<String>,
    pub(super) input: Input,
    pub(super) output: Output,
}

impl Process {
    /// Runs `program` to its end.
    pub(super) async fn run(self, program: Program) -> End {
        let control = Arc::clone(&self.control);
        let mut running = Running { process: self, frames: vec![Frame::new(program)], traps: Vec::new() };
        let code = tokio::select! {
            biased;
            () = control.killed().cancelled() => 128 + i32::from(Signal::KILL.number()),
            code = running.carry_out() => code,
        };
        End { code, oom: control.out_of_memory() }
    }
}

/// Steps being carried out: the program, and above it the handlers of signals that interrupted it.
struct Frame {
    program: Program,
    next: usize,
    /// Of the sleep that is going on in this frame, so that a handler does not prolong it.
    timer: Option<BoxFuture<'static, ()>>,
}

impl Frame {
    fn new(program: Program) -> Self {
        Self { program, next: 0, timer: None }
    }
}

/// A process on its way.
pub(super) struct Running {
    pub(super) process: Process,
    frames: Vec<Frame>,
    pub(super) traps: Vec<(Signal, Program)>,
}

impl Running {
    async fn carry_out(&mut self) -> i32 {
        loop {
            self.process.around.freezer.thawed().await;
            let ended = match self.process.control.take() {
                Some(signal) => self.deliver(signal).await,
                None => self.step().await,
            };
            if let Some(code) = ended {
                return code;
            }
        }
    }

    /// Acts on a signal; the exit code if that ends the process.
    async fn deliver(&mut self, signal: Signal) -> Option<i32> {
        if let Some((_, handler)) = self.traps.iter().rfind(|(trapped, _)| *trapped == signal) {
            self.frames.push(Frame::new(handler.clone()));
            return None;
        }
        match default_action(signal, self.process.rank == Rank::First) {
            DefaultAction::Ignore => None,
            DefaultAction::Stop => {
                self.process.control.continued().await;
                None
            }
            DefaultAction::Terminate => Some(128 + i32::from(signal.number())),
        }
    }

    /// Carries out the next step, or as much of it as a signal lets it; the exit code after the last.
    async fn step(&mut self) -> Option<i32> {
        let Some(frame) = self.frames.last_mut() else { return Some(0) };
        let Some(step) = frame.program.steps().get(frame.next).cloned() else {
            self.frames.pop();
            return None;
        };
        match step {
            Step::Forever => self.process.control.raised().await,
            Step::Sleep(duration) => self.sleep(duration).await,
            Step::Cat => self.cat().await,
            step => {
                frame.next += 1;
                return self.at_once(step).await;
            }
        }
        None
    }

    fn advance(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.next += 1;
            frame.timer = None;
        }
    }

    async fn sleep(&mut self, duration: Duration) {
        let Some(frame) = self.frames.last_mut() else { return };
        let clock = &self.process.around.clock;
        let timer = frame.timer.get_or_insert_with(|| {
            let clock = Arc::clone(clock);
            Box::pin(async move { clock.sleep(duration).await })
        });
        tokio::select! {
            biased;
            () = self.process.control.raised() => {}
            () = timer => self.advance(),
        }
    }

    async fn cat(&mut self) {
        let bytes = tokio::select! {
            biased;
            () = self.process.control.raised() => return,
            bytes = self.process.input.read() => bytes,
        };
        let Some(bytes) = bytes else { return self.advance() };
        if self.process.output.is_tty() {
            // The terminal's echo, before the program sees the line.
            self.process.output.write(Stream::Stdout, &bytes).await;
        }
        self.process.output.write(Stream::Stdout, &bytes).await;
    }
}
