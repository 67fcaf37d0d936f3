//! The thread on which lines of quiet tasks are carried, before anything else that this machine does.
//!
//! It is started when the first task has output to carry. Must not run here: anything that computes for long or waits for
//! a disk.

use crate::adapters::system::urgent;
use futures_util::future::BoxFuture;
use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::sync_channel;
use std::thread;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::AbortOnDropHandle;

/// After so many steps the thread looks for what has woken meanwhile, though it has more to do.
const STEPS: u32 = 4;

/// The thread, which ends with this.
#[derive(Debug, Default)]
pub struct Foreground(OnceLock<Option<Running>>);

#[derive(Debug)]
struct Running {
    handle: Handle,
    _end: DropGuard,
}

impl Foreground {
    /// Runs `work` there; without a thread to be had, here.
    pub fn run(&self, work: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
        let Some(running) = self.0.get_or_init(running) else { return work };
        let task = AbortOnDropHandle::new(running.handle.spawn(work));
        Box::pin(async {
            if let Err(error) = task.await {
                tracing::error!(%error, "a log is no longer carried");
            }
        })
    }
}

fn running() -> Option<Running> {
    match start(thread::Builder::new()) {
        Ok(running) => Some(running),
        Err(error) => {
            tracing::warn!(%error, "no thread for logs of its own: lines may come late on a busy machine");
            None
        }
    }
}

fn start(thread: thread::Builder) -> io::Result<Running> {
    let runtime = Builder::new_current_thread().event_interval(STEPS).enable_all().build()?;
    let (handle, end) = (runtime.handle().clone(), CancellationToken::new());
    let ended = end.clone();
    // The thread gets its runtime once it is there: one that is dropped with the closure of a thread that could not be
    // had would wait for its own threads, which a tokio task must not.
    let (hand, handed) = sync_channel::<Runtime>(1);
    let work = move || handed.recv().map_or_else(drop, |runtime| serve(&runtime, &ended));
    if let Err(error) = thread.name("logs".to_owned()).spawn(work) {
        runtime.shutdown_background();
        return Err(error);
    }
    hand.send(runtime).map_err(|refused| {
        refused.0.shutdown_background();
        io::ErrorKind::BrokenPipe
    })?;
    Ok(Running { handle, _end: end.drop_guard() })
}

fn serve(runtime: &Runtime, ended: &CancellationToken) {
    urgent::go_first();
    runtime.block_on(ended.cancelled());
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn work_is_done_on_its_own_thread_and_ends_with_who_waits_for_it() {
        let foreground = Foreground::default();
        let (told, name) = oneshot::channel();
        foreground
            .run(Box::pin(async {
                told.send(thread::current().name().map(str::to_owned)).unwrap();
            }))
            .await;
        assert_eq!(name.await.unwrap().as_deref(), Some("logs"));
        let (held, dropped) = oneshot::channel::<()>();
        let work = foreground.run(Box::pin(async move {
            let _held = held;
            std::future::pending::<()>().await;
        }));
        drop(work);
        assert!(dropped.await.is_err());
    }

    #[tokio::test]
    async fn a_panic_ends_its_own_work_only() {
        let foreground = Foreground::default();
        foreground.run(Box::pin(async { panic!("on purpose") })).await;
        let (told, heard) = oneshot::channel();
        foreground.run(Box::pin(async { told.send("still here").unwrap() })).await;
        assert_eq!(heard.await, Ok("still here"));
    }

    #[tokio::test]
    async fn without_a_thread_the_work_is_done_where_it_is() {
        assert!(start(thread::Builder::new().stack_size(usize::MAX >> 8)).is_err());
        let none = Foreground(OnceLock::from(None));
        let (told, name) = oneshot::channel();
        none.run(Box::pin(async { told.send(thread::current().id()).unwrap() })).await;
        assert_eq!(name.await, Ok(thread::current().id()));
    }
}
