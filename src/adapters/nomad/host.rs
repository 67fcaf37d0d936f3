//! Nomad as the driver's host: events go to whoever subscribes, logs into the FIFOs of the log collector.

use super::fifo::FifoSink;
use super::foreground::Foreground;
use super::handshake::Env;
use super::keeper::Keeper;
use super::ledger::FileLedger;
use super::state_dir;
use crate::adapters::paths;
use crate::adapters::system;
use crate::domain::limits::EVENT_BACKLOG;
use crate::domain::log::Stream;
use crate::domain::task::PlacedTask;
use crate::domain::task::identity::ContainerId;
use crate::ports::{LogLedger, LogSink, NoLedger, NomadHost, TaskEvent};
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

/// The host behind the plugin socket. The agent subscribes to events once per connection, and again after it
/// was restarted.
pub struct PluginHost {
    events: broadcast::Sender<TaskEvent>,
    keeper: Keeper,
    ledgers: Option<PathBuf>,
    foreground: Foreground,
}

impl PluginHost {
    /// A host that nobody listens to yet, for tasks that end with this process.
    pub fn new() -> Self {
        Self {
            events: broadcast::channel(EVENT_BACKLOG).0,
            keeper: Keeper::none(),
            ledgers: None,
            foreground: Foreground::default(),
        }
    }

    /// The same for tasks that outlive this process, and their logs with them; what that takes is kept where
    /// [`state_dir::place`] says. Must be called within a tokio runtime.
    ///
    /// Without a directory logs are delivered all the same, but a task's log stops when this process is killed.
    pub fn lasting(env: Env<'_>) -> Self {
        match state_dir::find(env) {
            Ok(dir) => Self { keeper: Keeper::of(dir.clone()), ledgers: Some(dir), ..Self::new() },
            Err(error) => {
                tracing::warn!(%error, "no state directory: logs have a gap when this plugin is restarted");
                Self::new()
            }
        }
    }

    /// Events from now on. Never ends; a subscriber that falls behind loses the oldest.
    pub fn events(&self) -> BoxStream<'static, TaskEvent> {
        BroadcastStream::new(self.events.subscribe()).filter_map(|event| async { event.ok() }).boxed()
    }
}

impl Default for PluginHost {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl NomadHost for PluginHost {
    fn emit(&self, event: TaskEvent) {
        tracing::debug!(task = event.task_id.as_str(), message = event.message, "task event");
        // An error says that nobody listens, which the contract allows.
        drop(self.events.send(event));
    }

    fn log_sink(&self, task: &PlacedTask, stream: Stream) -> Box<dyn LogSink> {
        let path = match stream {
            Stream::Stdout => &task.dirs.stdout,
            Stream::Stderr => &task.dirs.stderr,
        };
        Box::new(FifoSink::new(Arc::clone(&task.dirs.alloc), Arc::clone(path), self.keeper.clone()))
    }

    fn log_ledger(&self, container: &ContainerId) -> Box<dyn LogLedger> {
        let ledger = self.ledgers.as_deref().and_then(|dir| FileLedger::new(dir, container));
        ledger.map_or_else(|| Box::new(NoLedger) as Box<dyn LogLedger>, |ledger| Box::new(ledger))
    }

    fn promptly(&self, work: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
        self.foreground.run(work)
    }

    fn cores(&self) -> u32 {
        system::cores()
    }

    fn docker_socket(&self) -> Option<PathBuf> {
        let socket = PathBuf::from("/var/run/docker.sock");
        socket.exists().then_some(socket)
    }

    async fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        paths::resolve(path).await
    }
}
