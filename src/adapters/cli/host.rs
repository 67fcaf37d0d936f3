//! The command line as the driver's host: events and logs go to the timeline.

use super::line::{Kind, Lines};
use super::output::Output;
use crate::adapters::paths;
use crate::adapters::system;
use crate::domain::log::Stream;
use crate::domain::task::{AllocId, PlacedTask};
use crate::ports::{LogSink, NomadHost, TaskEvent};
use async_trait::async_trait;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// See the module.
pub struct CliHost {
    output: Arc<Output>,
}

impl CliHost {
    /// A host that tells everything to `output`.
    pub fn new(output: Arc<Output>) -> Self {
        Self { output }
    }
}

#[async_trait]
impl NomadHost for CliHost {
    fn emit(&self, event: TaskEvent) {
        self.output.line(&event.alloc_id, &event.task_name, Kind::Event, &event.message);
    }

    fn log_sink(&self, task: &PlacedTask, stream: Stream) -> Box<dyn LogSink> {
        Box::new(TimelineSink {
            output: Arc::clone(&self.output),
            alloc: task.alloc_id.clone(),
            task: task.dirs.task_name.clone(),
            kind: if stream == Stream::Stdout { Kind::Stdout } else { Kind::Stderr },
            lines: Lines::default(),
        })
    }

    fn cores(&self) -> u32 {
        system::cores()
    }

    async fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        paths::resolve(path).await
    }
}

/// One stream of a task. What has no line end yet is shown when the stream ends: when this is dropped.
struct TimelineSink {
    output: Arc<Output>,
    alloc: AllocId,
    task: String,
    kind: Kind,
    lines: Lines,
}

impl TimelineSink {
    fn show(&self, line: &str) {
        self.output.line(&self.alloc, &self.task, self.kind, line);
    }
}

#[async_trait]
impl LogSink for TimelineSink {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for line in self.lines.feed(bytes) {
            self.show(&line);
        }
        Ok(bytes.len())
    }
}

impl Drop for TimelineSink {
    fn drop(&mut self) {
        if let Some(line) = self.lines.flush() {
            self.show(&line);
        }
    }
}
