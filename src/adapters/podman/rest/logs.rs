//! A container's output, from the file that conmon writes; the service is asked only where it is.

use super::client::{Call, Podman};
use crate::adapters::podman::linux::{logfile, tail};
use crate::domain::limits::{RETRY_FIRST, RETRY_LONGEST};
use crate::domain::log::{LogBatch, LogStart, Stream};
use crate::domain::task::identity::ContainerId;
use crate::ports::{ErrorKind, RuntimeError};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use rustix::io::Errno;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Writes records of the format that we read. `json-file` is an alias of it (libpod 2.2 to 5).
const DRIVERS: [&str; 3] = ["k8s-file", "json-file", ""];

impl Podman {
    /// See [`crate::ports::ContainerRuntime::logs`].
    pub async fn logs(
        self: &Arc<Self>,
        id: &ContainerId,
        start: LogStart,
    ) -> Result<BoxStream<'static, Result<LogBatch, RuntimeError>>, RuntimeError> {
        let call = Call::new("read logs of container", id);
        let path = self.log_path(&call, id).await?;
        let ended = Box::pin(self.clone().ended(id.clone()));
        let batches = logfile::follow(path.clone(), start, ended).await;
        let failed = move |error: io::Error| call.error(kind(&error), format!("{}: {error}", path.display()));
        let batches = batches.map_err(&failed)?;
        Ok(batches.map(move |batch| batch.map_err(&failed)).boxed())
    }

    /// See [`crate::ports::ContainerRuntime::last_words`].
    pub async fn last_words(&self, id: &ContainerId) -> Result<Vec<u8>, RuntimeError> {
        let call = Call::new("read last words of container", id);
        let path = self.log_path(&call, id).await?;
        let words = tokio::task::spawn_blocking(move || tail::tail(&path, Stream::Stderr)).await;
        let words = words.map_err(io::Error::other).flatten();
        words.map_err(|error| call.error(kind(&error), error))
    }

    async fn log_path(&self, call: &Call, id: &ContainerId) -> Result<PathBuf, RuntimeError> {
        let seen = self.inspect(id.as_str()).await?;
        if !DRIVERS.contains(&seen.log_driver.as_str()) || seen.log_path.is_empty() {
            let driver = seen.log_driver;
            return Err(call.error(ErrorKind::Unsupported, format!("its log driver {driver} writes no file")));
        }
        Ok(PathBuf::from(seen.log_path))
    }

    /// Comes when nothing more will be written: conmon drains the container's output before it records its end.
    async fn ended(self: Arc<Self>, id: ContainerId) {
        let mut pause = RETRY_FIRST;
        // Nobody tells of a start. The first line wakes the reader anyway; only its end may come late.
        while self.wait(&id).await.is_err_and(|error| error.is(ErrorKind::WrongState)) {
            self.clock().sleep(pause).await;
            pause = (pause * 2).min(RETRY_LONGEST);
        }
    }
}

/// What is no log file of ours stays none; everything else may pass, such as too many open files.
fn kind(error: &io::Error) -> ErrorKind {
    let swapped = error.raw_os_error() == Some(Errno::LOOP.raw_os_error());
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied => ErrorKind::Unsupported,
        _ if swapped => ErrorKind::Unsupported,
        _ => ErrorKind::Internal,
    }
}
