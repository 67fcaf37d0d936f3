//! The host as the driver sees it: events go into the trace, output to a collector that may misbehave.

use super::fault::Op;
use super::locked;
use super::world::World;
use crate::domain::delivery::LogMark;
use crate::domain::log::Stream;
use crate::domain::task::identity::ContainerId;
use crate::domain::task::{PlacedTask, TaskId};
use crate::ports::host::LogLedger;
use crate::ports::{Clock, LogSink, NomadHost, TaskEvent};
use async_trait::async_trait;
use std::future::pending;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Cores of the simulated machine.
const CORES: u32 = 4;

/// Most bytes that the collector takes at once.
const PIPE_BYTES: usize = 64 * 1024;

/// See the module.
pub struct SimHost {
    world: Arc<World>,
    life: CancellationToken,
}

impl SimHost {
    /// The host of a plugin, for as long as that lives.
    pub fn new(world: Arc<World>, life: CancellationToken) -> Self {
        Self { world, life }
    }
}

#[async_trait]
impl NomadHost for SimHost {
    fn emit(&self, event: TaskEvent) {
        if !self.life.is_cancelled() {
            self.world.must_be_clean("the Debug text of an event", &format!("{event:?}"));
            if event.annotations.contains_key("dropped_bytes") {
                self.world.collector.told_of_loss(&event.task_id);
            }
            self.world.trace.tell("event", &format!("{} {:?}", event.message, event.annotations));
            let ends = self.world.truth.ends_of(&event.task_id);
            if let Some(wrong) = self.world.endings.event(&event.task_id, ends, &event.message) {
                self.world.trace.violation(&wrong);
            }
        }
    }

    fn log_sink(&self, task: &PlacedTask, stream: Stream) -> Box<dyn LogSink> {
        let (world, life) = (Arc::clone(&self.world), self.life.clone());
        Box::new(Sink { world, life, task: task.id.clone(), stream })
    }

    fn log_ledger(&self, container: &ContainerId) -> Box<dyn LogLedger> {
        let (world, life) = (Arc::clone(&self.world), self.life.clone());
        Box::new(Ledger { world, life, container: container.clone() })
    }

    fn cores(&self) -> u32 {
        CORES
    }

    async fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }
}

struct Sink {
    world: Arc<World>,
    life: CancellationToken,
    task: TaskId,
    stream: Stream,
}

#[async_trait]
impl LogSink for Sink {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let trouble = *locked(&self.world.log_trouble);
        let now = self.world.clock.elapsed();
        if now < trouble.stuck_until {
            self.world.clock.sleep(trouble.stuck_until.saturating_sub(now)).await;
        }
        if self.life.is_cancelled() {
            return pending().await;
        }
        if now < trouble.gone_until {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        // A pipe takes what fits.
        let bytes = &bytes[..bytes.len().min(PIPE_BYTES)];
        self.world.trace.tell("log", &format!("{:?} {} bytes", self.stream, bytes.len()));
        if !bytes.is_empty() && self.world.weather.at_call(Op::Write).is_some() {
            self.world.trace.tell("FAULT", "killed-after at Write");
            self.world.collector.take_unnoted(&self.task, self.stream, bytes);
            self.life.cancel();
            return pending().await;
        }
        self.world.collector.take(&self.task, self.stream, bytes);
        Ok(bytes.len())
    }
}

/// Outlives the plugin, whose last note is the one it made alive.
struct Ledger {
    world: Arc<World>,
    life: CancellationToken,
    container: ContainerId,
}

impl LogLedger for Ledger {
    fn recall(&self) -> Option<LogMark> {
        self.world.collector.mark(&self.container)
    }

    fn note(&mut self, mark: &LogMark) {
        if !self.life.is_cancelled() {
            self.world.collector.set_mark(&self.container, Some(*mark));
        }
    }

    fn forget(&mut self) {
        if !self.life.is_cancelled() {
            self.world.collector.set_mark(&self.container, None);
        }
    }
}
