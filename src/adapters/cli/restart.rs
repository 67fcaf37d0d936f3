//! Whether a task that ended is started again: Nomad's `restart` block as a pure state machine.

use super::jobfile::model::{JobKind, Lifecycle, RestartMode, RestartPolicy, Task};
use crate::domain::time::Timestamp;
use std::time::Duration;

/// What happened to the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It ended with success.
    Success,
    /// It ended without.
    Failure,
    /// It did not start, but may the next time.
    NotStarted,
    /// It did not start, and will not.
    CannotStart,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Start it again.
    Restart {
        /// Once this time has passed.
        after: Duration,
    },
    /// It has failed for good.
    Fail {
        /// Why, for a person.
        reason: String,
    },
    /// It is done.
    Complete,
}

/// The restarts of one task so far.
#[derive(Debug, Clone)]
pub struct Restarts {
    policy: RestartPolicy,
    on_success: bool,
    used: u32,
    interval_start: Option<Timestamp>,
}

impl Restarts {
    /// None so far. Tasks of a service are restarted also after a success, save for those that prepare or
    /// clean up.
    pub fn new(task: &Task, kind: JobKind) -> Self {
        let lasting = match task.lifecycle {
            Lifecycle::Main | Lifecycle::PrestartSidecar | Lifecycle::PoststartSidecar => true,
            Lifecycle::Prestart | Lifecycle::Poststart | Lifecycle::Poststop => false,
        };
        let on_success = lasting && !kind.runs_to_completion();
        Self { policy: task.restart, on_success, used: 0, interval_start: None }
    }

    /// Decides what follows `end`. `entropy` spreads the restarts of many tasks: up to a quarter of the delay
    /// is added.
    pub fn after(&mut self, end: End, now: Timestamp, entropy: u64) -> Decision {
        match end {
            End::Success if !self.on_success => return Decision::Complete,
            End::CannotStart => return fail("an error that another try cannot mend"),
            End::Success | End::Failure | End::NotStarted => {}
        }
        if self.policy.attempts == 0 && self.policy.mode == RestartMode::Fail {
            return if end == End::Success {
                Decision::Complete
            } else {
                fail("the policy allows no restart")
            };
        }
        let elapsed = self.enter_interval(now);
        self.used += 1;
        if self.used <= self.policy.attempts {
            return Decision::Restart { after: with_jitter(self.policy.delay, entropy) };
        }
        match self.policy.mode {
            RestartMode::Fail => fail(&format!(
                "{} restarts within {:?} are used up",
                self.policy.attempts, self.policy.interval
            )),
            RestartMode::Delay => {
                let rest = self.policy.interval.saturating_sub(elapsed);
                Decision::Restart { after: with_jitter(rest.max(self.policy.delay), entropy) }
            }
        }
    }

    /// Begins a new interval if the current one is over; time into it.
    fn enter_interval(&mut self, now: Timestamp) -> Duration {
        let elapsed = self.interval_start.map(|start| now.since(start));
        match elapsed {
            Some(elapsed) if elapsed <= self.policy.interval => elapsed,
            _ => {
                self.interval_start = Some(now);
                self.used = 0;
                Duration::ZERO
            }
        }
    }
}

fn fail(reason: &str) -> Decision {
    Decision::Fail { reason: reason.to_owned() }
}

fn with_jitter(delay: Duration, entropy: u64) -> Duration {
    let quarter = delay / 4;
    let share = u32::try_from(entropy & 0xffff).unwrap_or_default();
    delay + quarter.saturating_mul(share) / 0x1_0000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restarts(attempts: u32, mode: RestartMode, on_success: bool) -> Restarts {
        let (interval, delay) = (Duration::from_secs(60), Duration::from_secs(8));
        let policy = RestartPolicy { attempts, interval, delay, mode };
        Restarts { policy, on_success, used: 0, interval_start: None }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_unix_nanos(second * 1_000_000_000)
    }

    fn wait(decision: Decision) -> u64 {
        let Decision::Restart { after } = decision else { panic!("{decision:?}") };
        after.as_secs()
    }

    #[test]
    fn attempts_are_counted_per_interval() {
        let mut restarts = restarts(2, RestartMode::Fail, false);
        assert_eq!(wait(restarts.after(End::Failure, at(0), 0)), 8);
        assert_eq!(wait(restarts.after(End::NotStarted, at(10), 0)), 8);
        assert!(matches!(restarts.after(End::Failure, at(20), 0), Decision::Fail { .. }));
        assert_eq!(wait(restarts.after(End::Failure, at(61), 0)), 8);
    }

    #[test]
    fn delay_mode_waits_for_the_next_interval() {
        let mut restarts = restarts(1, RestartMode::Delay, false);
        assert_eq!(wait(restarts.after(End::Failure, at(0), 0)), 8);
        assert_eq!(wait(restarts.after(End::Failure, at(10), 0)), 50);
        assert_eq!(wait(restarts.after(End::Failure, at(58), 0)), 8);
    }

    #[test]
    fn success_ends_a_batch_task_and_restarts_a_service() {
        assert_eq!(restarts(1, RestartMode::Fail, false).after(End::Success, at(0), 0), Decision::Complete);
        assert_eq!(wait(restarts(1, RestartMode::Fail, true).after(End::Success, at(0), 0)), 8);
        assert_eq!(restarts(0, RestartMode::Fail, true).after(End::Success, at(0), 0), Decision::Complete);
    }

    #[test]
    fn what_cannot_start_is_not_tried_again() {
        let decision = restarts(5, RestartMode::Delay, true).after(End::CannotStart, at(0), 0);
        assert!(matches!(decision, Decision::Fail { .. }));
    }

    #[test]
    fn jitter_adds_up_to_a_quarter() {
        assert_eq!(with_jitter(Duration::from_secs(8), 0), Duration::from_secs(8));
        let most = with_jitter(Duration::from_secs(8), u64::MAX);
        assert!(most > Duration::from_millis(9_990) && most < Duration::from_secs(10), "{most:?}");
    }
}
