//! Plays one task of an allocation: waits for its turn, starts it, restarts it, stops it.

use super::alloc::Alloc;
use super::jobfile::model::{JobKind, Lifecycle, Task};
use super::line::Kind;
use super::output::Output;
use super::plan::TaskPlan;
use super::restart::{Decision, End, Restarts};
use super::stage::{Gate, Order, Stage};
use super::summary::{Report, Verdict};
use super::tasks::{TaskError, Tasks};
use crate::domain::task::{ExitOutcome, TaskId};
use crate::ports::Clock;
use crate::ports::clock::within;
use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::sync::watch;

/// How long the end of a task that was destroyed is waited for.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// What a task's play needs.
pub(super) struct TaskRun<'a> {
    pub tasks: &'a dyn Tasks,
    pub clock: &'a dyn Clock,
    pub output: &'a Output,
    pub kind: JobKind,
    pub alloc: &'a Alloc,
    pub plan: &'a TaskPlan,
    /// When it runs; see [`Lifecycle`].
    pub lifecycle: Lifecycle,
    pub stage: &'a watch::Sender<Stage>,
}

/// How one start of a task went.
enum Attempt {
    /// It ended by itself, or never ran.
    Ended(End),
    /// It was stopped.
    Stopped,
}

impl TaskRun<'_> {
    /// From its turn to its end.
    pub(super) async fn play(&self) -> Report {
        let mut report = Report::new(self.output.name_of(&self.alloc.id, &self.task().name));
        if self.turn().await {
            let begun = self.clock.now();
            report.verdict = self.attempts(&mut report).await;
            report.duration = self.clock.now().since(begun);
        }
        self.conclude(&report);
        report
    }

    fn task(&self) -> &Task {
        &self.plan.task
    }

    fn say(&self, kind: Kind, text: &str) {
        self.output.line(&self.alloc.id, &self.task().name, kind, text);
    }

    /// Waits for the task's turn; false if it never comes.
    async fn turn(&self) -> bool {
        let mut stage = self.stage.subscribe();
        let settled = stage.wait_for(|stage| stage.gate(self.lifecycle) != Gate::Wait).await;
        settled.is_ok_and(|stage| stage.gate(self.lifecycle) == Gate::Go)
    }

    /// Returns once the task has to end at least as hard as `order`.
    async fn ordered(&self, order: Order) {
        let mut stage = self.stage.subscribe();
        if stage.wait_for(|stage| stage.order(self.lifecycle) >= order).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets the others know. The end of a leader ends them, and so does a failure.
    fn conclude(&self, report: &Report) {
        let stops_others =
            !report.verdict.is_good() || (self.task().leader && self.lifecycle == Lifecycle::Main);
        self.stage.send_modify(|stage| {
            stage.ended(self.lifecycle);
            if stops_others {
                stage.raise(Order::Stop);
            }
        });
    }

    async fn attempts(&self, report: &mut Report) -> Verdict {
        let mut restarts = Restarts::new(self.task(), self.kind);
        loop {
            report.attempts += 1;
            let end = match self.attempt(report).await {
                Attempt::Ended(end) => end,
                Attempt::Stopped => return Verdict::Stopped,
            };
            match restarts.after(end, self.clock.now(), self.clock.entropy()) {
                Decision::Complete => return Verdict::Succeeded,
                Decision::Fail { reason } => {
                    self.say(Kind::Error, &format!("Not restarted: {reason}"));
                    return Verdict::Failed;
                }
                Decision::Restart { after } => {
                    self.say(Kind::Restart, &format!("Starts again in {:.1}s", after.as_secs_f64()));
                    if !self.pause(after).await {
                        return if end == End::Success { Verdict::Succeeded } else { Verdict::Failed };
                    }
                }
            }
        }
    }

    /// Waits; false if the task has to end meanwhile.
    async fn pause(&self, time: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.ordered(Order::Stop) => false,
            () = self.clock.sleep(time) => true,
        }
    }

    async fn attempt(&self, report: &mut Report) -> Attempt {
        let mut request = self.plan.request.clone();
        request.id = self.alloc.task_id(&self.task().name, self.clock);
        let id = request.id.clone();
        let started = tokio::select! {
            biased;
            started = self.tasks.start(request) => started,
            () = self.ordered(Order::Kill) => {
                self.tell_failure(self.tasks.destroy(&id, true).await);
                return Attempt::Stopped;
            }
        };
        if let Err(error) = started {
            self.say(Kind::Error, &format!("Cannot start: {error}"));
            return Attempt::Ended(if error.recoverable { End::NotStarted } else { End::CannotStart });
        }
        if report.attempts == 1 {
            self.stage.send_modify(|stage| stage.started(self.lifecycle));
        }
        self.to_the_end(&id, report).await
    }

    /// Waits for the end of a task that runs, or brings it about.
    async fn to_the_end(&self, id: &TaskId, report: &mut Report) -> Attempt {
        let mut wait = pin!(self.tasks.wait(id));
        let (outcome, stopped) = tokio::select! {
            biased;
            outcome = &mut wait => (outcome, false),
            () = self.ordered(Order::Stop) => (self.stop(id, wait.as_mut()).await, true),
        };
        let outcome = outcome.unwrap_or_else(|error| ExitOutcome::Unknown(error.message));
        self.say(Kind::Exit, &super::summary::exit_text(&outcome));
        let end = if outcome.is_success() { End::Success } else { End::Failure };
        report.exit = Some(outcome);
        self.tell_failure(self.tasks.destroy(id, false).await);
        if stopped { Attempt::Stopped } else { Attempt::Ended(end) }
    }

    async fn stop<W>(&self, id: &TaskId, mut wait: Pin<&mut W>) -> Result<ExitOutcome, TaskError>
    where
        W: Future<Output = Result<ExitOutcome, TaskError>>,
    {
        let (timeout, signal) = (self.task().kill_timeout, self.task().kill_signal);
        let gently = async {
            self.tasks.stop(id, timeout, signal).await?;
            wait.as_mut().await
        };
        let stopped = tokio::select! {
            biased;
            stopped = gently => Some(stopped),
            () = self.ordered(Order::Kill) => None,
        };
        match stopped {
            Some(Ok(outcome)) => return Ok(outcome),
            Some(Err(error)) => self.say(Kind::Error, &format!("Cannot stop: {error}")),
            None => {}
        }
        self.tasks.destroy(id, true).await?;
        let gone = TaskError::new(false, "destroyed before its end was known");
        within(self.clock, LAST_WAIT, wait).await.unwrap_or(Err(gone))
    }

    fn tell_failure(&self, result: Result<(), TaskError>) {
        if let Err(error) = result {
            self.say(Kind::Error, &format!("Cannot remove: {error}"));
        }
    }
}
