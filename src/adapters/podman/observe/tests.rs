//! Containers and a service for the tests of the observers.

use super::{Line, Seen, Service, Wanted};
use crate::adapters::podman::call::Call;
use crate::domain::container::{ContainerFacts, ContainerState};
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::{ContainerId, ContainerName};
use crate::domain::time::Timestamp;
use crate::ports::{Clock, ErrorKind, RuntimeError};
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use std::collections::{HashSet, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// A container in a state, about which nothing else is known.
pub fn seen(id: &str, state: ContainerState) -> Seen {
    let facts = ContainerFacts {
        id: ContainerId::new(id),
        name: ContainerName::new("web"),
        state,
        pid: None,
        started_at: None,
        finished_at: None,
        exit_code: None,
        oom_killed: false,
        memory_at_end: None,
        labels: Default::default(),
        image: None,
        binds: vec![],
        ip: None,
        stop_signal: None,
    };
    Seen {
        facts,
        conmon_pid: None,
        cgroup_path: String::new(),
        cgroup_parent: String::new(),
        log_driver: String::new(),
        log_path: String::new(),
    }
}

/// A machine with version 2, and a container at this path of it; where that is.
pub fn machine(path: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let group = root.path().join("sys/fs/cgroup").join(path.trim_start_matches('/'));
    std::fs::create_dir_all(root.path().join("proc/self")).unwrap();
    std::fs::create_dir_all(&group).unwrap();
    let mounts = "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    std::fs::write(root.path().join("proc/self/mountinfo"), mounts).unwrap();
    std::fs::write(group.join("memory.current"), "5\n").unwrap();
    (root, group)
}

/// A service that does as it is told.
#[derive(Default)]
pub struct Script {
    /// Answers to inspects; the last one is given again and again.
    pub seen: Mutex<VecDeque<Result<Seen, ErrorKind>>>,
    /// Inspects so far.
    pub looks: AtomicUsize,
    /// Nobody will know how a container ended.
    pub no_record: AtomicBool,
    /// Ends of containers, one stream after the other; then none.
    pub deaths: Mutex<VecDeque<mpsc::UnboundedReceiver<ContainerId>>>,
    /// See [`Service::remembers_listeners`].
    pub remembers: bool,
    pub alive: Mutex<HashSet<ContainerId>>,
    /// What a container has written, and how many lines of it each reply tells before it ends; then all.
    pub output: Mutex<(Vec<Line>, VecDeque<usize>)>,
    pub refuses_output: bool,
}

impl Script {
    pub fn seeing(answers: impl IntoIterator<Item = Result<Seen, ErrorKind>>) -> Self {
        Self { seen: Mutex::new(answers.into_iter().collect()), ..Self::default() }
    }

    /// From now on it answers this.
    pub fn now_sees(&self, answer: Result<Seen, ErrorKind>) {
        *self.seen.lock().unwrap() = VecDeque::from([answer]);
    }

    pub fn looks(&self) -> usize {
        self.looks.load(Ordering::Relaxed)
    }
}

fn error(kind: ErrorKind) -> RuntimeError {
    RuntimeError::new("call", "object", kind, format!("scripted {kind:?}"))
}

#[async_trait]
impl Service for Script {
    fn clock(&self) -> &dyn Clock {
        &TestClock
    }

    async fn seen(&self, _: &str) -> Result<Seen, RuntimeError> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        let mut seen = self.seen.lock().unwrap();
        let answer = if seen.len() > 1 { seen.pop_front() } else { seen.front().cloned() };
        answer.unwrap().map_err(error)
    }

    async fn has_no_record(&self, _: &Call, _: &ContainerId) -> bool {
        match self.no_record.load(Ordering::Relaxed) {
            true => true,
            false => std::future::pending().await,
        }
    }

    async fn deaths(&self) -> Result<BoxStream<'static, ContainerId>, RuntimeError> {
        let next = self.deaths.lock().unwrap().pop_front();
        let next = next.ok_or_else(|| error(ErrorKind::Unavailable))?;
        Ok(stream::unfold(next, |mut next| async { Some((next.recv().await?, next)) }).boxed())
    }

    fn remembers_listeners(&self) -> bool {
        self.remembers
    }

    async fn alive(&self) -> Result<HashSet<ContainerId>, RuntimeError> {
        Ok(self.alive.lock().unwrap().clone())
    }

    /// One line at a time; a reply that follows goes on for ever once it has told all.
    async fn output(
        &self,
        _: &Call,
        _: &ContainerId,
        wanted: Wanted,
    ) -> Result<BoxStream<'static, Result<Vec<Line>, RuntimeError>>, RuntimeError> {
        if self.refuses_output {
            return Err(error(ErrorKind::NotFound));
        }
        let mut output = self.output.lock().unwrap();
        let cut = output.1.pop_front();
        let after = wanted.after.map_or(i64::MIN, Timestamp::unix_nanos);
        let lines = output.0.iter().filter(|line| line.second * 1_000_000_000 > after).cloned();
        let lines: Vec<_> = lines.take(cut.unwrap_or(usize::MAX)).map(|line| Ok(vec![line])).collect();
        let told = stream::iter(lines);
        let goes_on = wanted.follow && cut.is_none();
        Ok(if goes_on { told.chain(stream::pending()).boxed() } else { told.boxed() })
    }

    async fn api_stats(&self, _: &Call, _: &ContainerId) -> Result<StatsSample, RuntimeError> {
        Err(error(ErrorKind::Unsupported))
    }
}

struct TestClock;

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(0)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn entropy(&self) -> u64 {
        7
    }
}
