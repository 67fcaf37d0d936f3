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
use futures_util::stream;
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::mpsc;
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
    let ended = awaited_here(ended(watches.clone(), id.clone()));
    let journal = seen.log_driver == JOURNAL && watches.service().reads_journals();
    let path = if journal { None } else { visible(watches.root(), &file(&call, seen)?).await };
    let Some(path) = path else {
        let batches = Arc::clone(watches.service()).api_logs(&call, id, start, ended).await?;
        return Ok(told_here(call, batches));
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
fn awaited_here(wait: impl Future<Output = ()> + Send + 'static) -> BoxFuture<'static, ()> {
    let waiting = AbortOnDropHandle::new(tokio::spawn(wait));
    Box::pin(async {
        if waiting.await.is_err() {
            // Nobody knows that it has ended.
            pending::<()>().await;
        }
    })
}

/// Reads where we are, one batch ahead of whoever takes them and wherever: a service's words are long, and its
/// connections are everybody's.
fn told_here(call: Call, mut batches: Batches) -> Batches {
    let (told, heard) = mpsc::channel(1);
    let telling = AbortOnDropHandle::new(tokio::spawn(async move {
        while let Some(batch) = batches.next().await
            && told.send(batch).await.is_ok()
        {}
    }));
    let next = |(mut heard, telling, call): (mpsc::Receiver<_>, Option<AbortOnDropHandle<()>>, Call)| async {
        if let Some(batch) = heard.recv().await {
            return Some((batch, (heard, telling, call)));
        }
        // It may have ended in the middle, without a word.
        let broken = telling?.await.err()?;
        Some((Err(call.error(ErrorKind::Internal, broken)), (heard, None, call)))
    };
    stream::unfold((heard, Some(telling), call), next).boxed()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::{LogBatch, Stream};

    #[tokio::test]
    async fn what_a_service_tells_arrives_whole_and_an_end_without_a_word_is_an_error() {
        let call = || Call::new("read logs of container", "c0ffee");
        let mut batch = LogBatch::default();
        batch.push(Stream::Stdout, b"one");
        let said = [Ok(batch.clone()), Err(call().error(ErrorKind::Internal, "gone")), Ok(batch.clone())];
        let told = told_here(call(), stream::iter(said.clone()).boxed());
        assert_eq!(told.collect::<Vec<_>>().await, said);
        let broken = stream::once(async { panic!("on purpose") }).boxed();
        let told = told_here(call(), broken).collect::<Vec<_>>().await;
        assert!(matches!(&told[..], [Err(error)] if error.is(ErrorKind::Internal)), "{told:?}");
    }
}
