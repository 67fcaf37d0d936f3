//! A runtime that takes its time, and remembers what was asked of it at once.

use super::double::{error, facts, task};
use async_trait::async_trait;
use futures_util::stream::{BoxStream, StreamExt};
use nomad_driver_podman::domain::container::exec::TerminalSize;
use nomad_driver_podman::domain::container::labels;
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerSpec, ContainerState, ExecSpec};
use nomad_driver_podman::domain::fingerprint::RuntimeFacts;
use nomad_driver_podman::domain::image::PullRequest;
use nomad_driver_podman::domain::log::{LogBatch, LogStart};
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::stats::StatsSample;
use nomad_driver_podman::domain::task::TaskRequest;
use nomad_driver_podman::domain::task::identity::{ContainerId, ContainerName};
use nomad_driver_podman::domain::task::{AllocId, TaskId};
use nomad_driver_podman::ports::exec::ExecSession;
use nomad_driver_podman::ports::runtime::{Change, Created, PullProgress};
use nomad_driver_podman::ports::{ContainerRuntime, ErrorKind, ExecControl, RuntimeError};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Answer<T> = Result<T, RuntimeError>;

/// How long everything takes.
pub const WORK: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Default)]
pub struct Busy {
    /// Creates and starts that are going on, and the most there ever were.
    now: AtomicUsize,
    pub most: AtomicUsize,
    /// Names of containers in the order in which they were asked for.
    pub created: Mutex<Vec<String>>,
    /// Calls that were begun, pulls that were begun and those that came to their end.
    pub lists: AtomicUsize,
    pub removals: AtomicUsize,
    pub pulls: AtomicUsize,
    pub pulled: AtomicUsize,
    /// So many containers are there that no plugin knows, of the tasks by [`nth`].
    pub leftovers: AtomicUsize,
    /// Questions get no answer.
    pub hangs: AtomicBool,
    /// The question of the fingerprint gets none.
    pub hides: AtomicBool,
    /// Commands that were killed; none ends by itself.
    pub killed: Arc<AtomicUsize>,
}

impl Busy {
    async fn work(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        tokio::time::sleep(WORK).await;
        self.now.fetch_sub(1, Ordering::Relaxed);
    }
}

fn leftover(n: usize) -> ContainerFacts {
    let task = nth(n);
    ContainerFacts {
        id: ContainerId::new(task.id.as_str()),
        name: ContainerName::of_task(&task.meta.task_name, &task.meta.alloc_id),
        labels: labels::of_task(&task),
        ..facts(ContainerState::Exited)
    }
}

/// Task number `n` of as many allocations.
pub fn nth(n: usize) -> TaskRequest {
    let (mut task, alloc) = (task(), format!("alloc-{n:04}"));
    task.id = TaskId::new(format!("{alloc}/web/00000001"));
    task.dirs.alloc = PathBuf::from(format!("/nowhere/{alloc}")).into();
    task.meta.alloc_id = AllocId::new(alloc);
    task
}

#[async_trait]
impl ContainerRuntime for Busy {
    async fn probe(&self) -> Answer<RuntimeFacts> {
        if self.hides.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        Ok(RuntimeFacts { version: "4.3.1".to_owned(), ..RuntimeFacts::default() })
    }

    async fn pull(&self, _: &PullRequest, progress: PullProgress<'_>) -> Answer<String> {
        self.pulls.fetch_add(1, Ordering::Relaxed);
        progress("Trying to pull");
        tokio::time::sleep(WORK).await;
        self.pulled.fetch_add(1, Ordering::Relaxed);
        Ok("sha".to_owned())
    }

    async fn image_id(&self, _: &str) -> Answer<Option<String>> {
        Ok(None)
    }

    async fn remove_image(&self, _: &str) -> Answer<Change> {
        Ok(Change::Identity)
    }

    async fn create(&self, spec: &ContainerSpec) -> Answer<Created> {
        self.created.lock().unwrap().push(spec.name.as_str().to_owned());
        self.work().await;
        Ok(Created { id: ContainerId::new(spec.name.as_str()), warnings: vec![] })
    }

    async fn start(&self, _: &ContainerId) -> Answer<Change> {
        self.work().await;
        Ok(Change::Changed)
    }

    async fn inspect(&self, id: &str) -> Answer<ContainerFacts> {
        Ok(ContainerFacts { id: ContainerId::new(id), ..facts(ContainerState::Running) })
    }

    async fn wait(&self, _: &ContainerId) -> Answer<ContainerFacts> {
        std::future::pending().await
    }

    async fn signal(&self, _: &ContainerId, _: Signal) -> Answer<()> {
        Ok(())
    }

    async fn remove(&self, _: &ContainerId) -> Answer<Change> {
        self.removals.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(WORK).await;
        Ok(Change::Changed)
    }

    async fn list(&self) -> Answer<Vec<ContainerFacts>> {
        if self.leftovers.load(Ordering::Relaxed) > 0 {
            return Ok((0..self.leftovers.load(Ordering::Relaxed)).map(leftover).collect());
        }
        self.lists.fetch_add(1, Ordering::Relaxed);
        if self.hangs.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_secs(30)).await;
            return Err(error(ErrorKind::TimedOut));
        }
        Ok(vec![])
    }

    async fn stats(&self, _: &ContainerId) -> Answer<StatsSample> {
        Err(error(ErrorKind::Unsupported))
    }

    async fn logs(&self, _: &ContainerId, _: LogStart) -> Answer<BoxStream<'static, Answer<LogBatch>>> {
        Err(error(ErrorKind::Unsupported))
    }

    async fn unread(&self, _: &ContainerId, _: LogStart) -> Answer<u64> {
        Err(error(ErrorKind::Unsupported))
    }

    async fn last_words(&self, _: &ContainerId) -> Answer<Vec<u8>> {
        Err(error(ErrorKind::Unsupported))
    }

    async fn exec(&self, _: &ContainerId, _: &ExecSpec) -> Answer<ExecSession> {
        self.work().await;
        let control = Box::new(Command(Arc::clone(&self.killed)));
        Ok(ExecSession { control, events: futures_util::stream::pending().boxed() })
    }
}

struct Command(Arc<AtomicUsize>);

#[async_trait]
impl ExecControl for Command {
    async fn write(&mut self, _: &[u8]) -> Answer<()> {
        Ok(())
    }

    async fn close_stdin(&mut self) -> Answer<()> {
        Ok(())
    }

    async fn resize(&mut self, _: TerminalSize) -> Answer<()> {
        Ok(())
    }

    async fn kill(&mut self) -> Answer<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
