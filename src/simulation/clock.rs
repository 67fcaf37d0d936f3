//! Virtual time: it stands still while anything can run, then jumps to the next timer.

use super::locked;
use super::rng::Rng;
use crate::domain::time::Timestamp;
use crate::ports::Clock;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// When every world begins: 2030-01-01, in nanoseconds since the epoch.
const EPOCH_NS: i64 = 1_893_456_000_000_000_000;

/// When a timer is due, and its number: those due together fire in the order in which they were set.
type Key = (u64, u64);

/// See the module.
#[derive(Debug)]
pub struct VirtualClock(Mutex<State>);

#[derive(Debug)]
struct State {
    now_ns: u64,
    /// How wrong the wall clock is.
    skew_ns: i64,
    timers: BTreeMap<Key, Option<Waker>>,
    set: u64,
    rng: Rng,
}

impl VirtualClock {
    /// A clock whose entropy comes from `rng`.
    pub fn new(rng: Rng) -> Self {
        Self(Mutex::new(State { now_ns: 0, skew_ns: 0, timers: BTreeMap::new(), set: 0, rng }))
    }

    /// Time since the world began.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(locked(&self.0).now_ns)
    }

    /// Puts the wall clock forward or back.
    pub fn jump(&self, nanos: i64) {
        let mut state = locked(&self.0);
        state.skew_ns = state.skew_ns.saturating_add(nanos);
    }

    /// Nothing can run: goes to the next timer and wakes who waits for it. One at a time, so that what each of
    /// them does is done before the next.
    pub fn advance(&self) {
        let mut state = locked(&self.0);
        let Some(((due, _), waker)) = state.timers.pop_first() else { return };
        state.now_ns = state.now_ns.max(due);
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn set(&self, duration: Duration) -> Key {
        let mut state = locked(&self.0);
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let key = (state.now_ns.saturating_add(nanos), state.set);
        state.set += 1;
        state.timers.insert(key, None);
        key
    }

    /// Ready once [`VirtualClock::advance`] has taken the timer away.
    fn poll(&self, key: Key, context: &Context<'_>) -> Poll<()> {
        match locked(&self.0).timers.get_mut(&key) {
            None => Poll::Ready(()),
            Some(waker) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// Takes the timer of a sleep that is given up away.
struct Timer<'a> {
    clock: &'a VirtualClock,
    key: Key,
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        locked(&self.clock.0).timers.remove(&self.key);
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        let state = locked(&self.0);
        let elapsed = i64::try_from(state.now_ns).unwrap_or(i64::MAX);
        Timestamp::from_unix_nanos(EPOCH_NS.saturating_add(elapsed).saturating_add(state.skew_ns))
    }

    async fn sleep(&self, duration: Duration) {
        let timer = Timer { clock: self, key: self.set(duration) };
        poll_fn(|context| self.poll(timer.key, context)).await;
    }

    fn entropy(&self) -> u64 {
        locked(&self.0).rng.bits()
    }
}
