//! Doubles for the tests of this folder.

use super::jobfile::model::Group;
use super::jobfile::{self, Inputs, Source};
use super::tasks::{TaskError, Tasks};
use crate::domain::signal::Signal;
use crate::domain::task::{ExitOutcome, ExitRecord, TaskId, TaskRequest};
use crate::domain::time::Timestamp;
use crate::ports::Clock;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// Tokio's clock, which tests may pause; zero at the Unix epoch. Entropy is random enough and always the same.
#[derive(Default)]
pub struct TestClock {
    start: std::sync::OnceLock<tokio::time::Instant>,
    draws: AtomicU64,
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        if tokio::runtime::Handle::try_current().is_err() {
            return Timestamp::from_unix_nanos(0);
        }
        let start = *self.start.get_or_init(tokio::time::Instant::now);
        let elapsed = tokio::time::Instant::now() - start;
        Timestamp::from_unix_nanos(i64::try_from(elapsed.as_nanos()).unwrap())
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn entropy(&self) -> u64 {
        let draw = self.draws.fetch_add(1, Ordering::Relaxed) + 1;
        // The process id keeps tests that run at once out of each other's directories.
        (draw + u64::from(std::process::id())).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ (std::ptr::from_ref(self) as usize as u64)
    }
}

/// A terminal that remembers, without colours.
#[derive(Clone, Default)]
pub struct Screen(Arc<Mutex<Vec<u8>>>);

impl Screen {
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap().clone();
        super::colour::plain(std::str::from_utf8(&bytes).unwrap()).into_owned()
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A service job around the inside of a group.
pub fn job_text(kind: &str, group: &str) -> String {
    format!("job \"j\" {{\n type = \"{kind}\"\n group \"g\" {{\n {group}\n }}\n}}\n")
}

/// The group with this inside.
pub fn group_of(inside: &str) -> Group {
    let source = Source::new("job.hcl", job_text("service", inside));
    let file = jobfile::read(&source, &Inputs::default()).unwrap_or_else(|findings| panic!("{findings}"));
    file.job.groups[0].clone()
}

/// How a start of a task goes.
#[derive(Clone)]
pub enum Act {
    /// It runs for this long and ends with this code.
    Ends(Duration, i32),
    /// It runs until it is told to end, which takes this long.
    Runs(Duration),
    /// It does not start.
    Refuses(TaskError),
    /// Its start never returns.
    Hangs,
}

type Running = watch::Sender<Option<i32>>;

/// A driver that follows a script: for each task, one act per start; the last one repeats.
#[derive(Default)]
pub struct Script {
    acts: BTreeMap<String, Vec<Act>>,
    starts: Mutex<BTreeMap<String, usize>>,
    running: Mutex<BTreeMap<TaskId, (Act, Running)>>,
    calls: Mutex<Vec<String>>,
}

impl Script {
    pub fn new(acts: impl IntoIterator<Item = (&'static str, Vec<Act>)>) -> Self {
        let acts = acts.into_iter().map(|(name, acts)| (name.to_owned(), acts)).collect();
        Self { acts, ..Self::default() }
    }

    /// Every call, as `start web`, `stop web 5s SIGINT`, `destroy web`.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    fn note(&self, call: &str, id: &TaskId, rest: &str) {
        let task = id.as_str().split('/').nth(1).unwrap();
        self.calls.lock().unwrap().push(format!("{call} {task}{rest}"));
    }

    fn next_act(&self, task: &str) -> Act {
        let mut starts = self.starts.lock().unwrap();
        let start = starts.entry(task.to_owned()).or_default();
        let acts = &self.acts[task];
        let act = acts[(*start).min(acts.len() - 1)].clone();
        *start += 1;
        act
    }

    fn find(&self, id: &TaskId) -> Result<(Act, Running), TaskError> {
        let found = self.running.lock().unwrap().get(id).cloned();
        found.ok_or_else(|| TaskError::new(false, "task not found"))
    }
}

#[async_trait]
impl Tasks for Script {
    async fn start(&self, task: TaskRequest) -> Result<(), TaskError> {
        self.note("start", &task.id, "");
        let act = self.next_act(&task.meta.task_name);
        match &act {
            Act::Refuses(error) => return Err(error.clone()),
            Act::Hangs => std::future::pending::<()>().await,
            Act::Ends(..) | Act::Runs(_) => {}
        }
        let running = watch::Sender::new(None);
        if let Act::Ends(after, code) = act {
            let running = running.clone();
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                running.send_replace(Some(code));
            });
        }
        self.running.lock().unwrap().insert(task.id, (act, running));
        Ok(())
    }

    async fn wait(&self, id: &TaskId) -> Result<ExitOutcome, TaskError> {
        let (_, running) = self.find(id)?;
        let code = running.subscribe().wait_for(Option::is_some).await.unwrap().unwrap();
        Ok(ExitOutcome::Known(ExitRecord { code, oom_killed: false, finished_at: None }))
    }

    async fn stop(&self, id: &TaskId, timeout: Duration, signal: Option<Signal>) -> Result<(), TaskError> {
        let signal = signal.map(|signal| format!(" {signal}")).unwrap_or_default();
        self.note("stop", id, &format!(" {timeout:?}{signal}"));
        let (act, running) = self.find(id)?;
        if let Act::Runs(takes) = act {
            tokio::time::sleep(takes.min(timeout)).await;
            running.send_replace(Some(if takes < timeout { 143 } else { 137 }));
        }
        Ok(())
    }

    async fn destroy(&self, id: &TaskId, force: bool) -> Result<(), TaskError> {
        self.note("destroy", id, if force { " by force" } else { "" });
        if let Ok((_, running)) = self.find(id) {
            running.send_if_modified(|code| code.is_none() && code.replace(137).is_none());
        }
        Ok(())
    }
}
