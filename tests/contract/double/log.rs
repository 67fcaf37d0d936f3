//! conmon's part: what a container writes, in a file of its own.

use futures_util::StreamExt;
use nomad_driver_podman::adapters::memory::MemoryRuntime;
use nomad_driver_podman::domain::log::{LogChunk, LogCursor, LogStart, Stream};
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::ports::ContainerRuntime;
use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// Every record has it: nobody reads it.
const TIME: &str = "2026-11-24T00:00:02.181352878+00:00";

/// Logs of all containers.
pub struct Logs {
    pub dir: PathBuf,
    writers: Mutex<HashMap<ContainerId, watch::Receiver<Option<LogCursor>>>>,
}

impl Logs {
    pub fn new(dir: PathBuf) -> Self {
        Self { dir, writers: Mutex::default() }
    }

    pub fn path(&self, id: &ContainerId) -> PathBuf {
        self.dir.join(format!("{id}.log"))
    }

    /// A run begins: all that it writes is appended to the file.
    pub async fn follow(&self, memory: &Arc<MemoryRuntime>, id: &ContainerId) {
        let before = self.writers.lock().unwrap().get(id).and_then(|writer| *writer.borrow());
        let start = before.map_or(LogStart::Beginning, LogStart::After);
        let mut batches = memory.logs(id, start).await.unwrap();
        let mut file = OpenOptions::new().create(true).append(true).open(self.path(id)).unwrap();
        let (done, writer) = watch::channel(None);
        self.writers.lock().unwrap().insert(id.clone(), writer);
        tokio::spawn(async move {
            let mut cursor = before.unwrap_or_default();
            while let Some(Ok(batch)) = batches.next().await {
                for chunk in &batch.chunks {
                    file.write_all(&records(chunk)).unwrap();
                }
                cursor = batch.cursor;
            }
            done.send_replace(Some(cursor));
        });
    }

    /// Returns once everything that an ended container wrote is in its file.
    pub async fn written(&self, id: &ContainerId) {
        let writer = self.writers.lock().unwrap().get(id).cloned();
        if let Some(mut writer) = writer {
            let _ = writer.wait_for(Option::is_some).await;
        }
    }

    pub fn remove(&self, id: &ContainerId) {
        self.writers.lock().unwrap().remove(id);
        let _ = std::fs::remove_file(self.path(id));
    }
}

/// `F` ends with a newline of the program, `P` does not.
pub fn records(chunk: &LogChunk) -> Vec<u8> {
    let stream = match chunk.stream {
        Stream::Stdout => "stdout",
        Stream::Stderr => "stderr",
    };
    let mut records = Vec::new();
    for line in chunk.bytes.split_inclusive(|byte| *byte == b'\n').flat_map(|line| line.chunks(8192)) {
        let tag = if line.ends_with(b"\n") { 'F' } else { 'P' };
        records.extend(format!("{TIME} {stream} {tag} ").into_bytes());
        records.extend(line);
        records.extend(if tag == 'P' { &b"\n"[..] } else { b"" });
    }
    records
}

/// Whole records behind the first `at` bytes of the file, and where they end.
pub fn lines_behind(path: &Path, at: usize) -> (Vec<String>, usize) {
    let text = std::fs::read(path).unwrap_or_default();
    let whole = text[at..].iter().rposition(|byte| *byte == b'\n').map_or(at, |end| at + end + 1);
    let lines = text[at..whole].split_inclusive(|byte| *byte == b'\n');
    (lines.map(|line| String::from_utf8_lossy(line).into_owned()).collect(), whole)
}
