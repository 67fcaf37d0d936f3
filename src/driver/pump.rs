//! Carries a task's output, one batch at a time. The runtime's log is the only buffer, and nothing is asked of it that
//! has not been delivered: so a pump costs no memory while its task is silent, a stuck collector delays its own task
//! only, and the ledger tells the next driver where to go on, to the byte.
//!
//! Lines of a quiet task are carried where the host lets them go first ([`NomadHost::promptly`]); a flood, which would be
//! in their way there, is carried among everything else.
//!
//! [`NomadHost::promptly`]: crate::ports::NomadHost::promptly

use super::Shared;
use super::board::Board;
use super::logs::Batches;
use super::losses::Losses;
use super::outlet::Outlets;
use super::retry::Backoff;
use crate::domain::limits::{LOG_CALM, LOG_FLOOD_BYTES, LOG_OPEN_TIMEOUT};
use crate::domain::log::{LogBatch, LogStart};
use crate::domain::task::identity::ContainerId;
use crate::domain::time::Timestamp;
use crate::ports::clock::within;
use crate::ports::{ContainerRuntime, ErrorKind, RuntimeError};
use futures_util::StreamExt;
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// What a pump knows of its task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Life {
    /// It runs, or may be started again.
    #[default]
    On,
    /// It has ended for good; `once` if that was the end of the only run that the pump has seen.
    Over { once: bool },
}

pub(super) struct Pump {
    pub shared: Arc<Shared>,
    pub runtime: Arc<dyn ContainerRuntime>,
    pub container: ContainerId,
    /// Where to begin if the runtime loses the thread.
    pub start: LogStart,
    pub read: Read,
    pub outlets: Outlets,
    pub losses: Losses,
    /// Cancelled when nobody waits for the rest any longer.
    pub stop: CancellationToken,
}

/// How far a pump's log has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    Never,
    /// There may be more.
    Partly,
    /// To the end of a run.
    ToItsEnd,
}

/// How one stream of batches was over.
enum Followed {
    /// At the end of a run, and of all that was written.
    End,
    /// Too early.
    Broken,
    /// There is no log any more, or never was.
    Gone,
    /// Nobody waits for it.
    Stopped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Quiet,
    Flood,
}

/// Output of a quiet task within [`LOG_CALM`].
struct Lately {
    since: Timestamp,
    bytes: usize,
}

impl Lately {
    /// Whether it is no quiet task, with this batch. One without output stands for much that was none.
    fn flood(&mut self, now: Timestamp, batch: &LogBatch) -> bool {
        // A clock that was set back must not make a flood of what is none.
        if now < self.since || now.since(self.since) >= LOG_CALM {
            *self = Self { since: now, bytes: 0 };
        }
        self.bytes += if batch.is_empty() { LOG_FLOOD_BYTES } else { batch.len() };
        self.bytes >= LOG_FLOOD_BYTES
    }
}

/// Why carrying has ended, at whichever pace.
enum Over {
    End,
    Failed(RuntimeError),
    Stopped,
}

impl Pump {
    /// Carries everything, up to the last byte or until it is told to stop.
    pub async fn run(self: Box<Self>, opened: Option<Batches>, life: Arc<Board<Life>>) {
        // Without one it panicked, having delivered what it could.
        if let Some((mut pump, was_stopped)) = self.carry_all(opened, life).await {
            if was_stopped {
                Box::pin(pump.give_up()).await;
            }
            pump.close();
        }
    }

    async fn carry_all(
        mut self: Box<Self>,
        mut opened: Option<Batches>,
        life: Arc<Board<Life>>,
    ) -> Option<(Box<Self>, bool)> {
        let (clock, stop) = (Arc::clone(&self.shared.clock), self.stop.clone());
        let mut backoff = Backoff::new(&*clock);
        loop {
            let (before, followed);
            (before, (self, followed)) = (self.start, self.follow(opened.take()).await?);
            if self.start != before {
                backoff = Backoff::new(&*clock);
            }
            let goes_on = match followed {
                Followed::Gone => return Some((self, false)),
                Followed::Stopped => None,
                Followed::Broken => stop.run_until_cancelled(Box::pin(backoff.pause())).await.map(|()| true),
                Followed::End => {
                    let is_over = Box::pin(is_over(&life, &mut backoff));
                    stop.run_until_cancelled(is_over).await.map(|over| !over)
                }
            };
            if goes_on != Some(true) {
                return Some((self, goes_on.is_none()));
            }
        }
    }

    /// What has not been delivered by now never will be.
    async fn give_up(&mut self) {
        let unread = self.runtime.unread(&self.container, self.start);
        let unread = within(&*self.shared.clock, LOG_OPEN_TIMEOUT, unread).await.ok().and_then(Result::ok);
        self.losses.cut(unread.map(|bytes| bytes.saturating_sub(self.outlets.beyond())));
    }

    /// The host has all that it gets from us.
    fn close(&mut self) {
        self.losses.tell();
        self.outlets.close();
    }

    /// Passes on one stream of batches.
    async fn follow(mut self: Box<Self>, opened: Option<Batches>) -> Option<(Box<Self>, Followed)> {
        let opened = match opened {
            Some(batches) => Some(Ok(batches)),
            None => {
                let opening = self.runtime.logs(&self.container, self.start);
                Box::pin(self.stop.run_until_cancelled(opening)).await
            }
        };
        let mut batches = match opened {
            Some(Ok(batches)) => batches,
            Some(Err(error)) => return Some(self.ended(Over::Failed(error))),
            None => return Some((self, Followed::Stopped)),
        };
        self.read = Read::Partly;
        // Where we are, if the reader is there already: a flood waits for its pipe among everything else too.
        Box::pin(self.outlets.open()).await;
        loop {
            let mut over;
            (self, batches, over) = self.quietly(batches).await?;
            if over.is_none() {
                over = Box::pin(self.carry(&mut batches, Pace::Flood)).await;
            }
            if let Some(over) = over {
                return Some(self.ended(over));
            }
        }
    }

    /// Carries until there is a flood, where lines go first.
    async fn quietly(
        mut self: Box<Self>,
        mut batches: Batches,
    ) -> Option<(Box<Self>, Batches, Option<Over>)> {
        let shared = Arc::clone(&self.shared);
        let (done, back) = oneshot::channel();
        let work = async move {
            let over = self.carry(&mut batches, Pace::Quiet).await;
            // Nobody is there to take it back when all of this is being dropped.
            drop(done.send((self, batches, over)));
        };
        shared.host.promptly(Box::pin(work)).await;
        back.await.ok()
    }

    /// Carries as long as the pace is the right one; `None` once the other one is.
    async fn carry(&mut self, batches: &mut Batches, pace: Pace) -> Option<Over> {
        let stop = self.stop.clone();
        // Not `run_until_cancelled`, which has room for two of what it is given.
        tokio::select! {
            biased;
            () = stop.cancelled() => Some(Over::Stopped),
            over = self.each(batches, pace) => over,
        }
    }

    async fn each(&mut self, batches: &mut Batches, pace: Pace) -> Option<Over> {
        let shared = Arc::clone(&self.shared);
        let mut lately = Lately { since: shared.clock.now(), bytes: 0 };
        loop {
            let next = match pace {
                Pace::Quiet => Ok(self.next(batches).await),
                Pace::Flood => Box::pin(within(&*shared.clock, LOG_CALM, self.next(batches))).await,
            };
            let batch = match next {
                Ok(Some(Ok(batch))) => batch,
                Ok(Some(Err(error))) => return Some(Over::Failed(error)),
                Ok(None) => return Some(Over::End),
                Err(_) => return None,
            };
            // Boxed, as other steps that are seldom under way: what waits for output, most of the time, shall be small.
            Box::pin(self.deliver(&batch)).await;
            // A flood never has to wait for its log nor, with a quick collector, for its pipe.
            tokio::task::yield_now().await;
            if pace == Pace::Quiet && lately.flood(shared.clock.now(), &batch) {
                return None;
            }
        }
    }

    async fn deliver(&mut self, batch: &LogBatch) {
        self.losses.add(batch.dropped);
        self.outlets.deliver(batch, &*self.shared.clock).await;
        self.start = LogStart::After(batch.cursor);
    }

    /// Sinks are opened at once, also those of a stream that stays silent: the host's collector counts as
    /// running only while it has both.
    async fn next(&mut self, batches: &mut Batches) -> Option<Result<LogBatch, RuntimeError>> {
        if !self.outlets.are_open()
            && let ControlFlow::Break(batch) = Box::pin(self.open_beside(batches)).await
        {
            return batch;
        }
        batches.next().await
    }

    /// Goes on once the sinks are open, or breaks off with what came before.
    async fn open_beside(
        &mut self,
        batches: &mut Batches,
    ) -> ControlFlow<Option<Result<LogBatch, RuntimeError>>> {
        let mut backoff = Backoff::new(&*self.shared.clock);
        while !self.outlets.are_open() && !Box::pin(self.outlets.open()).await {
            tokio::select! {
                biased;
                batch = batches.next() => return ControlFlow::Break(batch),
                () = backoff.pause() => {}
            }
        }
        ControlFlow::Continue(())
    }

    fn ended(mut self: Box<Self>, over: Over) -> (Box<Self>, Followed) {
        let followed = match over {
            Over::Failed(error) => self.failed(&error),
            Over::Stopped => Followed::Stopped,
            Over::End => {
                self.read = Read::ToItsEnd;
                Followed::End
            }
        };
        (self, followed)
    }

    fn failed(&self, error: &RuntimeError) -> Followed {
        let is_final =
            matches!(error.kind, ErrorKind::NotFound | ErrorKind::Unsupported | ErrorKind::Rejected);
        if is_final && !error.is(ErrorKind::NotFound) {
            tracing::warn!(container = self.container.as_str(), %error, "no logs of this container");
        } else {
            tracing::debug!(container = self.container.as_str(), %error, "cannot read the container's log");
        }
        if is_final && self.read == Read::Partly {
            self.losses.gone(&error.to_string());
        }
        if is_final { Followed::Gone } else { Followed::Broken }
    }
}

/// At the end of what a container has written: whether that is all. Somebody may start it again before its end is on
/// record, and then it writes on.
async fn is_over(life: &Board<Life>, backoff: &mut Backoff<'_>) -> bool {
    let over = |life: &Life| (*life != Life::On).then_some(*life);
    if life.now(over).is_some() {
        return true;
    }
    tokio::select! {
        biased;
        over = life.once(over) => over == Some(Life::Over { once: true }),
        () = backoff.pause() => false,
    }
}
