//! What becomes of containers, found out the same way whatever wire their service speaks.
//!
//! Lives here: when the kernel is asked, when the service, and whom to believe. Must not live here: a request of a
//! wire, which implements [`Service`] instead, or files of the kernel ([`super::linux`]).
//!
//! | module | does |
//! | --- | --- |
//! | [`seen`] | a container as a service told it, and when its exit code counts |
//! | [`mod@wait`], [`watches`] | the end of a container, watched once for all who wait |
//! | [`births`] | the same of those that end before they can be watched |
//! | [`lately`] | what the service has just said, for those who would ask the same again |
//! | [`deaths`] | the same where no process can be held |
//! | [`mod@logs`], [`mod@last_words`], [`mod@stats`] | its output, the end of it, and its counters |
//! | [`told`] | its output where its file cannot be read |

pub mod births;
pub mod deaths;
pub mod last_words;
pub mod lately;
pub mod logs;
pub mod seen;
pub mod stats;
pub mod told;
pub mod wait;
pub mod watches;

#[cfg(test)]
mod tests;

pub use last_words::last_words;
pub use logs::{logs, unread};
pub use seen::Seen;
pub use stats::{Groups, stats};
pub use watches::Watches;

use super::call::Call;
use crate::domain::log::{LogBatch, LogStart, Stream};
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::ContainerId;
use crate::domain::time::Timestamp;
use crate::ports::{Clock, ErrorKind, RuntimeError};
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use std::collections::HashSet;
use std::sync::Arc;

/// What a container writes, as it writes it.
pub type Batches = BoxStream<'static, Result<LogBatch, RuntimeError>>;

const UNSEEN: &str = "its log file is not to be seen from here";

/// Which output a service shall tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Also what is written later.
    pub follow: bool,
    /// Only what was written later than that.
    pub after: Option<Timestamp>,
}

/// A line of output, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which stream.
    pub stream: Stream,
    /// When it was written, in whole seconds since 1970.
    pub second: i64,
    /// As the container wrote it, with its newline if it has one.
    pub bytes: Vec<u8>,
}

/// What an observer needs of a service, on any wire.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// The door to time.
    fn clock(&self) -> &dyn Clock;

    /// A container by id or name; bounded in time.
    async fn seen(&self, id: &str) -> Result<Seen, RuntimeError>;

    /// Whether the service's own wait says that nobody will ever know how the container ended. It may last until that
    /// end; a service that cannot say it is not asked.
    async fn has_no_record(&self, _: &Call, _: &ContainerId) -> bool {
        false
    }

    /// Containers as they end, from now on, for as long as the connection holds.
    async fn deaths(&self) -> Result<BoxStream<'static, ContainerId>, RuntimeError>;

    /// Whether it reads back what a container wrote to the journal.
    fn reads_journals(&self) -> bool {
        true
    }

    /// Whether a listener that leaves costs the service something for good: then one stays.
    fn remembers_listeners(&self) -> bool {
        false
    }

    /// Ids of the containers of ours that have not ended.
    async fn alive(&self) -> Result<HashSet<ContainerId>, RuntimeError>;

    /// A container's output by the service's own means, in the order written. Those that follow may end early.
    async fn output(
        &self,
        call: &Call,
        _: &ContainerId,
        _: Wanted,
    ) -> Result<BoxStream<'static, Result<Vec<Line>, RuntimeError>>, RuntimeError> {
        Err(call.error(ErrorKind::Unsupported, UNSEEN))
    }

    /// The same for whoever follows a log, for where its file is not to be seen; `ended` comes when nothing more will be
    /// written.
    async fn api_logs(
        self: Arc<Self>,
        call: &Call,
        id: &ContainerId,
        start: LogStart,
        ended: BoxFuture<'static, ()>,
    ) -> Result<Batches, RuntimeError>
    where
        Self: Sized,
    {
        Ok(told::follow(self, call.clone(), id.clone(), start, ended))
    }

    /// The end of its standard error, likewise.
    async fn api_last_words(&self, call: &Call, _: &ContainerId) -> Result<Vec<u8>, RuntimeError> {
        Err(call.error(ErrorKind::Unsupported, UNSEEN))
    }

    /// Counters by the service's own means.
    async fn api_stats(&self, call: &Call, id: &ContainerId) -> Result<StatsSample, RuntimeError>;
}
