//! The lifecycle of one started task: which step comes next.
//!
//! ```text
//!            Stop              GraceOver            Ended
//!  Running ───────► Stopping ───────────► Killing ────────► Exited ──Destroy──► Removing ──Removed──► Gone
//!     │                │                                     ▲  ▲                  │
//!     ├──Destroy(force)─────► Killing(then remove) ──Ended───│──│────► Removing    │
//!     └─────────────Ended──────────────────────────────────── ┘  └─RemoveFailed────┘
//! ```
//!
//! Only the owner task of a container steps its machine; everybody else sends it inputs. Every (state, input)
//! pair is a transition, a no-op that says so, or a typed [`Refusal`].

use super::exit::ExitOutcome;
use crate::domain::signal::Signal;
use std::time::Duration;
use thiserror::Error;

/// Where a task is in its life. Starting comes before: a machine exists once the container runs or has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Up, as far as we know.
    Running,
    /// Asked to end; the grace timer runs.
    Stopping,
    /// Told to end with SIGKILL. `remove` once it has.
    Killing {
        /// A destroy is waiting for the end.
        remove: bool,
    },
    /// Ended, container still there.
    Exited(ExitOutcome),
    /// Ended, container being removed.
    Removing(ExitOutcome),
    /// Nothing left.
    Gone(ExitOutcome),
}

/// What can happen to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The host wants it to end.
    Stop {
        /// To ask with.
        signal: Signal,
        /// Before SIGKILL; zero means at once.
        grace: Duration,
    },
    /// The grace period of the last stop is over.
    GraceOver,
    /// The container has ended.
    Ended(ExitOutcome),
    /// The host wants nothing to be left.
    Destroy {
        /// Also if it runs.
        force: bool,
    },
    /// The container is removed, or was gone already.
    Removed,
    /// Every try to remove it failed.
    RemoveFailed,
}

/// What the owner must do after a step, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send a signal to the container's init, repeating while the runtime is away.
    Signal(Signal),
    /// Feed [`Input::GraceOver`] after this time.
    StartGrace(Duration),
    /// Remove the container, then feed [`Input::Removed`] or [`Input::RemoveFailed`].
    Remove,
}

/// Why a request is not followed. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Destroy without force while the container runs.
    #[error("cannot destroy a running task; stop it first or use force")]
    StillRunning,
}

/// The state and its only way to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    state: State,
    /// Containers are kept when their task is done (`gc { container = false }`).
    keep_container: bool,
}

impl Machine {
    /// A task whose container runs.
    pub fn running(keep_container: bool) -> Self {
        Self { state: State::Running, keep_container }
    }

    /// A task whose container had ended before we looked.
    pub fn exited(outcome: ExitOutcome, keep_container: bool) -> Self {
        Self { state: State::Exited(outcome), keep_container }
    }

    /// Where the task is.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// How the task ended, once it has.
    pub fn outcome(&self) -> Option<&ExitOutcome> {
        match &self.state {
            State::Exited(outcome) | State::Removing(outcome) | State::Gone(outcome) => Some(outcome),
            State::Running | State::Stopping | State::Killing { .. } => None,
        }
    }

    /// Takes one step.
    ///
    /// # Errors
    /// The input is refused and the state unchanged.
    pub fn step(&mut self, input: Input) -> Result<Vec<Effect>, Refusal> {
        match input {
            Input::Stop { signal, grace } => Ok(self.stop(signal, grace)),
            Input::GraceOver => Ok(self.grace_over()),
            Input::Ended(outcome) => Ok(self.ended(outcome)),
            Input::Destroy { force } => self.destroy(force),
            Input::Removed => Ok(self.removed()),
            Input::RemoveFailed => Ok(self.remove_failed()),
        }
    }

    /// A second stop sends its signal too and may only shorten the wait: an operator who hurries is heard, a
    /// host that retries does not postpone the kill.
    fn stop(&mut self, signal: Signal, grace: Duration) -> Vec<Effect> {
        match self.state {
            State::Running | State::Stopping if grace.is_zero() || signal == Signal::KILL => {
                self.state = State::Killing { remove: false };
                vec![Effect::Signal(Signal::KILL)]
            }
            State::Running | State::Stopping => {
                self.state = State::Stopping;
                vec![Effect::Signal(signal), Effect::StartGrace(grace)]
            }
            State::Killing { .. } | State::Exited(_) | State::Removing(_) | State::Gone(_) => vec![],
        }
    }

    fn grace_over(&mut self) -> Vec<Effect> {
        match self.state {
            State::Stopping => {
                self.state = State::Killing { remove: false };
                vec![Effect::Signal(Signal::KILL)]
            }
            State::Running
            | State::Killing { .. }
            | State::Exited(_)
            | State::Removing(_)
            | State::Gone(_) => vec![],
        }
    }

    /// The first end is the end: it is never overwritten.
    fn ended(&mut self, outcome: ExitOutcome) -> Vec<Effect> {
        match self.state {
            State::Running | State::Stopping | State::Killing { remove: false } => {
                self.state = State::Exited(outcome);
                vec![]
            }
            State::Killing { remove: true } => self.remove(outcome),
            State::Exited(_) | State::Removing(_) | State::Gone(_) => vec![],
        }
    }

    fn destroy(&mut self, force: bool) -> Result<Vec<Effect>, Refusal> {
        match &self.state {
            State::Running | State::Stopping | State::Killing { .. } if !force => Err(Refusal::StillRunning),
            State::Running | State::Stopping => {
                self.state = State::Killing { remove: true };
                Ok(vec![Effect::Signal(Signal::KILL)])
            }
            State::Killing { .. } => {
                self.state = State::Killing { remove: true };
                Ok(vec![])
            }
            State::Exited(outcome) => {
                let outcome = outcome.clone();
                Ok(self.remove(outcome))
            }
            State::Removing(_) | State::Gone(_) => Ok(vec![]),
        }
    }

    fn remove(&mut self, outcome: ExitOutcome) -> Vec<Effect> {
        if self.keep_container {
            self.state = State::Gone(outcome);
            return vec![];
        }
        self.state = State::Removing(outcome);
        vec![Effect::Remove]
    }

    fn removed(&mut self) -> Vec<Effect> {
        if let State::Removing(outcome) = &self.state {
            self.state = State::Gone(outcome.clone());
        }
        vec![]
    }

    /// The container stays ours, and destroy may be asked for again.
    fn remove_failed(&mut self) -> Vec<Effect> {
        if let State::Removing(outcome) = &self.state {
            self.state = State::Exited(outcome.clone());
        }
        vec![]
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
