//! How far an allocation has come, and which of its tasks may run now. Pure.
//!
//! ```text
//! prestart (to their end), prestart sidecars (started) -> main tasks -> poststart tasks and sidecars
//! main tasks ended -> sidecars are stopped, poststop tasks run
//! ```

use super::jobfile::model::Lifecycle;

/// What the tasks of an allocation are told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Go on.
    Run,
    /// End with the stop signal.
    Stop,
    /// End at once.
    Kill,
}

/// Whether a task may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Not yet.
    Wait,
    /// Now.
    Go,
    /// Never in this run.
    Never,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Stage {
    order: Order,
    /// Tasks that main tasks wait for.
    prestart_left: usize,
    /// Main tasks that have never run.
    mains_unstarted: usize,
    /// Main tasks that have not ended for good.
    mains_left: usize,
}

impl Stage {
    /// The stage before anything has started.
    pub fn new(tasks: impl Iterator<Item = Lifecycle>) -> Self {
        let mut stage = Self { order: Order::Run, prestart_left: 0, mains_unstarted: 0, mains_left: 0 };
        for lifecycle in tasks {
            match lifecycle {
                Lifecycle::Prestart | Lifecycle::PrestartSidecar => stage.prestart_left += 1,
                Lifecycle::Main => {
                    stage.mains_unstarted += 1;
                    stage.mains_left += 1;
                }
                Lifecycle::Poststart | Lifecycle::PoststartSidecar | Lifecycle::Poststop => {}
            }
        }
        stage
    }

    /// Whether a task that has not run yet may.
    pub fn gate(&self, lifecycle: Lifecycle) -> Gate {
        let stopping = self.order >= Order::Stop;
        match lifecycle {
            Lifecycle::Poststop if self.order == Order::Kill => Gate::Never,
            Lifecycle::Poststop => go_if(self.mains_left == 0),
            _ if stopping => Gate::Never,
            Lifecycle::Prestart | Lifecycle::PrestartSidecar => Gate::Go,
            Lifecycle::Main => go_if(self.prestart_left == 0),
            Lifecycle::Poststart | Lifecycle::PoststartSidecar if self.mains_left == 0 => Gate::Never,
            Lifecycle::Poststart | Lifecycle::PoststartSidecar => {
                go_if(self.prestart_left == 0 && self.mains_unstarted == 0)
            }
        }
    }

    /// What a running task has to do.
    pub fn order(&self, lifecycle: Lifecycle) -> Order {
        match lifecycle {
            // It belongs to the stopping, so only a kill ends it.
            Lifecycle::Poststop if self.order < Order::Kill => Order::Run,
            Lifecycle::PrestartSidecar | Lifecycle::PoststartSidecar if self.mains_left == 0 => {
                self.order.max(Order::Stop)
            }
            Lifecycle::Main
            | Lifecycle::Prestart
            | Lifecycle::Poststart
            | Lifecycle::Poststop
            | Lifecycle::PrestartSidecar
            | Lifecycle::PoststartSidecar => self.order,
        }
    }

    /// A task runs for the first time.
    pub fn started(&mut self, lifecycle: Lifecycle) {
        match lifecycle {
            Lifecycle::PrestartSidecar => self.prestart_left = self.prestart_left.saturating_sub(1),
            Lifecycle::Main => self.mains_unstarted = self.mains_unstarted.saturating_sub(1),
            Lifecycle::Prestart
            | Lifecycle::Poststart
            | Lifecycle::PoststartSidecar
            | Lifecycle::Poststop => {}
        }
    }

    /// A task will not run any more.
    pub fn ended(&mut self, lifecycle: Lifecycle) {
        match lifecycle {
            Lifecycle::Prestart => self.prestart_left = self.prestart_left.saturating_sub(1),
            Lifecycle::Main => self.mains_left = self.mains_left.saturating_sub(1),
            Lifecycle::PrestartSidecar
            | Lifecycle::Poststart
            | Lifecycle::PoststartSidecar
            | Lifecycle::Poststop => {}
        }
    }

    /// Tells all tasks at least this.
    pub fn raise(&mut self, order: Order) {
        self.order = self.order.max(order);
    }
}

fn go_if(ready: bool) -> Gate {
    if ready { Gate::Go } else { Gate::Wait }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Lifecycle::{Main, PoststartSidecar, Poststop, Prestart, PrestartSidecar};

    #[test]
    fn tasks_start_in_their_order() {
        let mut stage = Stage::new([Prestart, PrestartSidecar, Main, PoststartSidecar, Poststop].into_iter());
        let gates = |stage: &Stage| [Prestart, Main, PoststartSidecar, Poststop].map(|task| stage.gate(task));
        assert_eq!(gates(&stage), [Gate::Go, Gate::Wait, Gate::Wait, Gate::Wait]);
        stage.started(PrestartSidecar);
        stage.ended(Prestart);
        assert_eq!(gates(&stage), [Gate::Go, Gate::Go, Gate::Wait, Gate::Wait]);
        stage.started(Main);
        assert_eq!(gates(&stage), [Gate::Go, Gate::Go, Gate::Go, Gate::Wait]);
        stage.ended(Main);
        assert_eq!(gates(&stage)[3], Gate::Go);
        assert_eq!((stage.order(PrestartSidecar), stage.order(Poststop)), (Order::Stop, Order::Run));
    }

    #[test]
    fn a_stop_lets_only_poststop_tasks_run_and_a_kill_nothing() {
        let mut stage = Stage::new([Prestart, Main].into_iter());
        stage.raise(Order::Stop);
        assert_eq!(
            (stage.gate(Prestart), stage.gate(Main), stage.order(Main)),
            (Gate::Never, Gate::Never, Order::Stop)
        );
        stage.ended(Main);
        assert_eq!(stage.gate(Poststop), Gate::Go);
        stage.raise(Order::Kill);
        stage.raise(Order::Stop);
        assert_eq!((stage.gate(Poststop), stage.order(Poststop)), (Gate::Never, Order::Kill));
    }
}
