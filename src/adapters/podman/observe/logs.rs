//! A container's output, from the file that conmon writes; the service is asked only where it is. A file that cannot be
//! seen from here, and a journal, are told by the service ([`super::told`]).

use super::{Batches, Seen, Service, UNSEEN, Watches};
use crate::adapters::podman::call::Call;
use crate::adapters::podman::linux::inotify::Notifier;
use crate::adapters::podman::linux::logfile::{self, Bounds};
use crate::adapters::podman::linux::logopen;
use crate::domain::container::labels::{Owner, log_backlog, owner};
use crate::domain::limits::{RETRY_FIRST, RETRY_LONGEST};
use crate::domain::log::LogStart;
use crate::domain::task::identity::ContainerId;
use crate::ports::{ErrorKind, RuntimeError};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::task::AbortOnDropHandle;

/// Writes records of the format that we read. `json-file` is an alias of it (libpod 2.2 to 5).
const DRIVERS: [&str; 3] = ["k8s-file", "json-file", ""];

/// Has no file, and some services read it back.
const JOURNAL: &str = "journald";

/// See [`crate::ports::ContainerRuntime::logs`].
pub async fn logs<S: Service>(
    watches: &Watches<S>,
    id: &ContainerId,
    start: LogStart,
) -> Result<Batches, RuntimeError> {
    let call = Call::new("read logs of container", id);
    let seen = watches.seen(id).await?;
    let bounds = bounds(&seen.facts.labels);
    let ended = elsewhere(ended(watches.clone(), id.clone()));
    let journal = seen.log_driver == JOURNAL && watches.service().reads_journals();
    let path = if journal { None } else { visible(watches.root(), &file(&call, seen)?).await };
    let Some(path) = path else {
        return Arc::clone(watches.service()).api_logs(&call, id, start, ended).await;
    };
    let batches = logfile::follow(&Notifier::of_process(), path.clone(), bounds, start, ended).await;
    let failed = move |error: io::Error| call.error(kind(&error), format!("{}: {error}", path.display()));
    let batches = batches.map_err(&failed)?;
    Ok(batches.map(move |batch| batch.map_err(&failed)).boxed())
}

/// See [`crate::ports::ContainerRuntime::unread`].
pub async fn unread<S: Service>(
    watches: &Watches<S>,
    id: &ContainerId,
    start: LogStart,
) -> Result<u64, RuntimeError> {
    let call = Call::new("size log of container", id);
    let path = file(&call, watches.seen(id).await?)?;
    let unseen = || call.error(ErrorKind::Unsupported, UNSEEN);
    let path = visible(watches.root(), &path).await.ok_or_else(unseen)?;
    let unread = tokio::task::spawn_blocking(move || logopen::unread(&path, start)).await;
    unread.map_err(io::Error::other).flatten().map_err(|error| call.error(kind(&error), error))
}

/// The file that conmon writes, if that is how the container's output is kept.
pub(super) fn file(call: &Call, seen: Seen) -> Result<PathBuf, RuntimeError> {
    if DRIVERS.contains(&seen.log_driver.as_str()) && !seen.log_path.is_empty() {
        return Ok(PathBuf::from(seen.log_path));
    }
    let driver = seen.log_driver;
    Err(call.error(ErrorKind::Unsupported, format!("its log driver {driver} writes no file")))
}

/// Where we find the file, if its directory can be seen from here: in the mount namespace of the service, by whom it lets
/// in. The file itself may come later.
pub(super) async fn visible(root: &Path, path: &Path) -> Option<PathBuf> {
    let path = root.join(path.strip_prefix("/").unwrap_or(path));
    let is_there = tokio::fs::try_exists(path.parent()?).await.is_ok_and(|is_there| is_there);
    is_there.then_some(path)
}

/// What we may do to the log of a container with these labels.
fn bounds(labels: &BTreeMap<String, String>) -> Bounds {
    let ours = owner(labels) != Owner::Foreign;
    Bounds { ours, backlog_max: log_backlog(labels).filter(|_| ours) }
}

/// Comes when nothing more will be written: conmon drains the container's output before it records its end.
async fn ended<S: Service>(watches: Watches<S>, id: ContainerId) {
    let mut pause = RETRY_FIRST;
    // Nobody tells of a start. The first line wakes the reader anyway; only its end may come late.
    while watches.wait(&id).await.is_err_and(|error| error.is(ErrorKind::WrongState)) {
        watches.service().clock().sleep(pause).await;
        pause = (pause * 2).min(RETRY_LONGEST);
    }
}

/// Waits where we are, whoever reads the log and where: what is asked of a service is none of a reader's business.
fn elsewhere(wait: impl Future<Output = ()> + Send + 'static) -> BoxFuture<'static, ()> {
    let waiting = AbortOnDropHandle::new(tokio::spawn(wait));
    Box::pin(async {
        if waiting.await.is_err() {
            // Nobody knows that it has ended.
            pending::<()>().await;
        }
    })
}

/// What is no log file of ours stays none; everything else may pass, such as too many open files.
pub(super) fn kind(error: &io::Error) -> ErrorKind {
    let swapped = error.raw_os_error() == Some(Errno::LOOP.raw_os_error());
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied => ErrorKind::Unsupported,
        _ if swapped => ErrorKind::Unsupported,
        _ => ErrorKind::Internal,
    }
}
