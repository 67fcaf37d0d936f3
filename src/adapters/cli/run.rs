//! Plays a plan: all its allocations at once, until they end or somebody ends them.

use super::jobfile::model::Lifecycle;
use super::output::Output;
use super::plan::{AllocPlan, Plan};
use super::stage::{Order, Stage};
use super::summary::{Report, Summary};
use super::task_run::TaskRun;
use super::tasks::Tasks;
use crate::ports::Clock;
use futures_util::future::join_all;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// What a run works with.
pub struct Run {
    /// The driver.
    pub tasks: Arc<dyn Tasks>,
    /// Time and chance.
    pub clock: Arc<dyn Clock>,
    /// The timeline.
    pub output: Arc<Output>,
    /// When to stop by itself.
    pub limit: Option<Duration>,
}

impl Run {
    /// Plays `plan` to its end. Each item of `interrupts` is a Ctrl-C: the first stops all tasks, the next
    /// kills them.
    pub async fn play(&self, plan: &Plan, interrupts: mpsc::Receiver<()>) -> Summary {
        let stages: Vec<watch::Sender<Stage>> = plan
            .allocs
            .iter()
            .map(|alloc| watch::Sender::new(Stage::new(lifecycles(alloc).into_iter())))
            .collect();
        let allocs = plan.allocs.iter().zip(&stages).map(|(alloc, stage)| self.alloc(plan, alloc, stage));
        let reports = tokio::select! {
            biased;
            reports = join_all(allocs) => reports,
            never = self.conduct(&stages, interrupts) => match never {},
        };
        Summary(reports.into_iter().flatten().collect())
    }

    async fn alloc(&self, plan: &Plan, alloc: &AllocPlan, stage: &watch::Sender<Stage>) -> Vec<Report> {
        let plays = alloc.tasks.iter().zip(lifecycles(alloc)).map(|(task, lifecycle)| async move {
            let run = TaskRun {
                tasks: &*self.tasks,
                clock: &*self.clock,
                output: &self.output,
                kind: plan.job.kind,
                alloc: &alloc.alloc,
                plan: task,
                lifecycle,
                stage,
            };
            run.play().await
        });
        join_all(plays).await
    }

    /// Raises the order of all allocations as the user, the clock and the terminal ask for it.
    async fn conduct(
        &self,
        stages: &[watch::Sender<Stage>],
        mut interrupts: mpsc::Receiver<()>,
    ) -> Infallible {
        let why = tokio::select! {
            biased;
            () = interrupted(&mut interrupts) => "Interrupted".to_owned(),
            () = self.output.closed() => "Nobody reads any more".to_owned(),
            limit = self.time_is_up() => format!("{limit:?} are over"),
        };
        self.output.raw(&format!("{why}: stopping all tasks; Ctrl-C kills them\n"));
        raise(stages, Order::Stop);
        interrupted(&mut interrupts).await;
        self.output.raw("Interrupted again: killing all tasks\n");
        raise(stages, Order::Kill);
        std::future::pending().await
    }

    async fn time_is_up(&self) -> Duration {
        match self.limit {
            Some(limit) => {
                self.clock.sleep(limit).await;
                limit
            }
            None => std::future::pending().await,
        }
    }
}

async fn interrupted(interrupts: &mut mpsc::Receiver<()>) {
    if interrupts.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}

fn raise(stages: &[watch::Sender<Stage>], order: Order) {
    stages.iter().for_each(|stage| stage.send_modify(|stage| stage.raise(order)));
}

/// When the tasks of an allocation run. Sidecars whose main tasks all belong to other drivers, and are not
/// played, stand in for them.
fn lifecycles(alloc: &AllocPlan) -> Vec<Lifecycle> {
    let written = alloc.tasks.iter().map(|task| task.task.lifecycle);
    let has_main = written.clone().any(|lifecycle| lifecycle == Lifecycle::Main);
    let is_sidecar =
        |lifecycle| matches!(lifecycle, Lifecycle::PrestartSidecar | Lifecycle::PoststartSidecar);
    let played = |lifecycle| if !has_main && is_sidecar(lifecycle) { Lifecycle::Main } else { lifecycle };
    written.map(played).collect()
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
