//! How others reach a running process: signals, the freezer, death.

use super::until;
use crate::domain::signal::Signal;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The signals that are neither terminal nor ignored by default.
const SIGCHLD: u8 = 17;
const SIGCONT: u8 = 18;
const SIGSTOP: u8 = 19;
const SIGTSTP: u8 = 20;
const SIGTTOU: u8 = 22;
const SIGURG: u8 = 23;
const SIGWINCH: u8 = 28;

/// Whether a process may decide what the signal does.
pub(super) fn can_be_caught(signal: Signal) -> bool {
    signal != Signal::KILL && signal.number() != SIGSTOP
}

/// What a signal does to a process that has not decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DefaultAction {
    Terminate,
    Ignore,
    /// Stands still until SIGCONT.
    Stop,
}

/// The action of signal(7). The first process of a pid namespace is spared all but SIGSTOP (and SIGKILL).
pub(super) fn default_action(signal: Signal, is_first: bool) -> DefaultAction {
    match signal.number() {
        SIGSTOP => DefaultAction::Stop,
        _ if is_first => DefaultAction::Ignore,
        SIGTSTP..=SIGTTOU => DefaultAction::Stop,
        SIGCHLD | SIGCONT | SIGURG | SIGWINCH => DefaultAction::Ignore,
        _ => DefaultAction::Terminate,
    }
}

/// One process, seen from outside.
#[derive(Debug, Default)]
pub(super) struct Control {
    /// Bit n - 1 for signal n: like the kernel, a signal that comes twice before it is handled counts once.
    pending: AtomicU64,
    raised: Notify,
    killed: CancellationToken,
    out_of_memory: AtomicBool,
}

impl Control {
    /// A process that dies with `group` at the latest.
    pub(super) fn below(group: &CancellationToken) -> Self {
        Self { killed: group.child_token(), ..Self::default() }
    }

    pub(super) fn raise(&self, signal: Signal) {
        if signal == Signal::KILL {
            return self.killed.cancel();
        }
        self.pending.fetch_or(bit(signal), Ordering::AcqRel);
        self.raised.notify_one();
    }

    /// The kernel's verdict on a process that takes too much memory.
    pub(super) fn kill_for_memory(&self) {
        self.out_of_memory.store(true, Ordering::Release);
        self.killed.cancel();
    }

    pub(super) fn out_of_memory(&self) -> bool {
        self.out_of_memory.load(Ordering::Acquire)
    }

    /// Ends when the process must.
    pub(super) fn killed(&self) -> &CancellationToken {
        &self.killed
    }

    /// The pending signal with the lowest number, which is then no longer pending.
    pub(super) fn take(&self) -> Option<Signal> {
        let pending = self.pending.load(Ordering::Acquire);
        let signal = Signal::from_number(i64::from(pending.trailing_zeros()) + 1)?;
        self.pending.fetch_and(!bit(signal), Ordering::AcqRel);
        Some(signal)
    }

    /// Waits until a signal is pending. For the process itself only: one waiter at a time is woken.
    pub(super) async fn raised(&self) {
        while self.pending.load(Ordering::Acquire) == 0 {
            self.raised.notified().await;
        }
    }

    /// Waits for SIGCONT, which a stopped process acts upon first.
    pub(super) async fn continued(&self) {
        let bit = 1 << (SIGCONT - 1);
        while self.pending.load(Ordering::Acquire) & bit == 0 {
            self.raised.notified().await;
        }
    }
}

fn bit(signal: Signal) -> u64 {
    1 << (signal.number() - 1)
}

/// The freezer of a container's cgroup.
#[derive(Debug, Default)]
pub(super) struct Freezer {
    frozen: AtomicBool,
    changed: Notify,
}

impl Freezer {
    pub(super) fn set(&self, frozen: bool) {
        self.frozen.store(frozen, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Waits while frozen.
    pub(super) async fn thawed(&self) {
        if self.frozen.load(Ordering::Acquire) {
            until(&self.changed, || (!self.frozen.load(Ordering::Acquire)).then_some(())).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_signals_are_taken_once_and_in_order() {
        let control = Control::default();
        let signal = |n| Signal::from_number(n).unwrap();
        for n in [64, 10, 1, 10] {
            control.raise(signal(n));
        }
        assert_eq!(control.take(), Some(signal(1)));
        assert_eq!(control.take(), Some(signal(10)));
        assert_eq!(control.take(), Some(signal(64)));
        assert_eq!(control.take(), None);
    }

    #[test]
    fn the_first_process_is_spared_what_it_does_not_handle() {
        assert_eq!(default_action(Signal::TERM, true), DefaultAction::Ignore);
        assert_eq!(default_action(Signal::TERM, false), DefaultAction::Terminate);
        let signal = |name: &str| name.parse::<Signal>().unwrap();
        assert_eq!(default_action(signal("STOP"), true), DefaultAction::Stop);
        assert_eq!(default_action(signal("TSTP"), false), DefaultAction::Stop);
        assert_eq!(default_action(signal("WINCH"), false), DefaultAction::Ignore);
        assert_eq!(default_action(signal("RTMIN+1"), false), DefaultAction::Terminate);
    }

    #[test]
    fn death_of_the_group_is_death_of_the_process() {
        let group = CancellationToken::new();
        let control = Control::below(&group);
        assert!(!control.killed().is_cancelled());
        group.cancel();
        assert!(control.killed().is_cancelled());
    }
}
