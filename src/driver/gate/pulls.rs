//! One pull for all who want the same image with the same account: it goes on while anybody waits for it, and ends
//! with the last one who does.

use crate::domain::image::{Image, PullRequest};
use crate::domain::limits::{PULL_LINES, PULL_TIMEOUT, PULLS_AT_ONCE};
use crate::ports::runtime::PullProgress;
use crate::ports::{Clock, ContainerRuntime, ErrorKind, RuntimeError};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio::sync::broadcast::{self, error::RecvError};

type Pull = BoxFuture<'static, Result<String, RuntimeError>>;

/// See the module.
pub struct Pulls {
    runtime: Arc<dyn ContainerRuntime>,
    clock: Arc<dyn Clock>,
    places: Arc<Semaphore>,
    running: Mutex<Vec<Running>>,
}

struct Running {
    /// Account and all: whoever has another one must not get what this one may see.
    request: PullRequest,
    pull: WeakShared<Pull>,
    lines: broadcast::Sender<Arc<str>>,
}

impl Pulls {
    pub fn new(runtime: Arc<dyn ContainerRuntime>, clock: Arc<dyn Clock>) -> Self {
        let places = Arc::new(Semaphore::new(PULLS_AT_ONCE));
        Self { runtime, clock, places, running: Mutex::default() }
    }

    /// Joins a pull of the same, or begins one.
    pub async fn pull(
        &self,
        request: &PullRequest,
        progress: PullProgress<'_>,
    ) -> Result<String, RuntimeError> {
        let (mut pull, mut lines) = self.join(request);
        loop {
            tokio::select! {
                biased;
                line = lines.recv() => match line {
                    Ok(line) => progress(&line),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return pull.await,
                },
                done = &mut pull => {
                    while let Ok(line) = lines.try_recv() {
                        progress(&line);
                    }
                    return done;
                }
            }
        }
    }

    fn join(&self, request: &PullRequest) -> (Shared<Pull>, broadcast::Receiver<Arc<str>>) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        // One that is done tells what was, not what is.
        running.retain(|running| running.pull.upgrade().is_some_and(|pull| pull.peek().is_none()));
        let same = running.iter().find(|running| running.request == *request);
        if let Some((pull, lines)) =
            same.and_then(|same| Some((same.pull.upgrade()?, same.lines.subscribe())))
        {
            return (pull, lines);
        }
        let (lines, receiver) = broadcast::channel(PULL_LINES);
        let pull = self.begin(request.clone(), lines.clone()).shared();
        if let Some(weak) = pull.downgrade() {
            running.push(Running { request: request.clone(), pull: weak, lines });
        }
        (pull, receiver)
    }

    fn begin(&self, request: PullRequest, lines: broadcast::Sender<Arc<str>>) -> Pull {
        let (runtime, clock, places) =
            (Arc::clone(&self.runtime), Arc::clone(&self.clock), Arc::clone(&self.places));
        Box::pin(async move {
            // It is never closed; without a place the pull is made all the same.
            let _place = places.acquire().await.ok();
            let heard = lines.subscribe();
            let progress = |line: &str| drop(lines.send(line.into()));
            // An archive is read without a word.
            let talks = matches!(request.image, Image::Named(_));
            tokio::select! {
                biased;
                done = runtime.pull(&request, &progress) => done,
                () = silence(heard, &*clock), if talks => Err(silent(&request)),
            }
        })
    }
}

/// Returns when nothing was heard for too long.
async fn silence(mut lines: broadcast::Receiver<Arc<str>>, clock: &dyn Clock) {
    loop {
        tokio::select! {
            biased;
            line = lines.recv() => if let Err(RecvError::Closed) = line {
                return clock.sleep(PULL_TIMEOUT).await;
            },
            () = clock.sleep(PULL_TIMEOUT) => return,
        }
    }
}

fn silent(request: &PullRequest) -> RuntimeError {
    let message = format!("Podman told no progress for {} s", PULL_TIMEOUT.as_secs());
    RuntimeError::new("pull image", &request.image, ErrorKind::TimedOut, message)
}
