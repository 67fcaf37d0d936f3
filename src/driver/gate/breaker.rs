//! A runtime that hangs is not asked more.
//!
//! ```text
//!          timeouts in a row            rest is over            a caller
//!  Closed ──────────────────► Open ──────────────────► Ready ───────────► Trying
//!    ▲                         ▲                                            │
//!    └──── any answer ─────────┼──────────── its answer ────────────────────┤
//!                              └──────────── another timeout ───────────────┘
//! ```
//!
//! Only silence counts: a refused connection costs nothing to try, and says at once when it is over.

use crate::domain::limits::{BREAKER_REST, BREAKER_TIMEOUTS};
use crate::ports::{Clock, ErrorKind, RuntimeError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed { timeouts: u32 },
    Open,
    Ready,
    Trying,
}

/// See the module.
pub struct Breaker {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
    /// It is not left alone any more. Wakes in the order of waiting.
    rested: Arc<Notify>,
    answers: AtomicU64,
}

/// The one call that is let through to see; given up, the next one may.
struct Trial<'a>(Option<&'a Breaker>);

impl Breaker {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let state = Arc::new(Mutex::new(State::Closed { timeouts: 0 }));
        Self { clock, state, rested: Arc::default(), answers: AtomicU64::new(0) }
    }

    /// Answers so far.
    pub fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Makes the call, unless the runtime is being left alone.
    pub async fn guard<T>(
        &self,
        (operation, object): (&'static str, &str),
        call: impl Future<Output = Result<T, RuntimeError>>,
    ) -> Result<T, RuntimeError> {
        let Some(_trial) = self.admit() else {
            let rest = BREAKER_REST.as_secs();
            let message = format!(
                "Podman has let {BREAKER_TIMEOUTS} calls in a row time out; it is tried again within {rest} s"
            );
            return Err(RuntimeError::new(operation, object, ErrorKind::Unavailable, message));
        };
        self.note(call.await)
    }

    /// Waits for the rest to be over, if the runtime is being left alone: for who has time and would only fail.
    pub async fn rested(&self) {
        loop {
            let rested = self.rested.notified();
            if *self.lock() != State::Open {
                return;
            }
            rested.await;
        }
    }

    fn admit(&self) -> Option<Trial<'_>> {
        let mut state = self.lock();
        match *state {
            State::Closed { .. } => Some(Trial(None)),
            State::Ready => {
                *state = State::Trying;
                Some(Trial(Some(self)))
            }
            State::Open | State::Trying => None,
        }
    }

    /// Learns from a result.
    pub fn note<T>(&self, result: Result<T, RuntimeError>) -> Result<T, RuntimeError> {
        match result.as_ref().err().map(|error| error.kind) {
            Some(ErrorKind::TimedOut) => self.timed_out(),
            // Nobody there is no answer, but no silence either.
            Some(ErrorKind::Unavailable | ErrorKind::OutcomeUnknown) => self.close(),
            _ => {
                self.answers.fetch_add(1, Ordering::Relaxed);
                self.close();
            }
        }
        result
    }

    fn close(&self) {
        *self.lock() = State::Closed { timeouts: 0 };
        self.rested.notify_waiters();
    }

    fn timed_out(&self) {
        let mut state = self.lock();
        *state = match *state {
            State::Closed { timeouts } if timeouts + 1 < BREAKER_TIMEOUTS => {
                State::Closed { timeouts: timeouts + 1 }
            }
            State::Open | State::Ready => return,
            State::Closed { .. } | State::Trying => State::Open,
        };
        if *state == State::Open {
            self.rest();
        }
    }

    fn rest(&self) {
        let (clock, state) = (Arc::clone(&self.clock), Arc::clone(&self.state));
        let rested = Arc::clone(&self.rested);
        tokio::spawn(async move {
            clock.sleep(BREAKER_REST).await;
            let mut state = lock(&state);
            if *state == State::Open {
                *state = State::Ready;
            }
            drop(state);
            rested.notify_waiters();
        });
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if let Some(breaker) = self.0 {
            let mut state = breaker.lock();
            if *state == State::Trying {
                *state = State::Ready;
            }
        }
    }
}
