//! What becomes of containers, found out the same way whatever wire their service speaks.
//!
//! Lives here: when the kernel is asked, when the service, and whom to believe. Must not live here: a request of a
//! wire, which implements [`Service`] instead, or files of the kernel ([`super::linux`]).
//!
//! | module | does |
//! | --- | --- |
//! | [`seen`] | a container as a service told it, and when its exit code counts |
//! | [`mod@wait`] | the end of a container |
//! | [`mod@logs`], [`mod@last_words`], [`mod@stats`] | its output, the end of it, and its counters |

pub mod last_words;
pub mod logs;
pub mod seen;
pub mod stats;
pub mod wait;

pub use last_words::last_words;
pub use logs::logs;
pub use seen::Seen;
pub use stats::{Groups, stats};
pub use wait::wait;

use super::call::Call;
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::ContainerId;
use crate::ports::{Clock, RuntimeError};
use async_trait::async_trait;

/// How a service's own wait ended. None of it is believed without an inspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// It says that the container has ended, or that it cannot say.
    Ended,
    /// It says that nobody knows how the container ended.
    NoRecord,
    /// It went away.
    Broken,
}

/// What an observer needs of a service, on any wire.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// The door to time.
    fn clock(&self) -> &dyn Clock;

    /// A container by id or name; bounded in time.
    async fn seen(&self, id: &str) -> Result<Seen, RuntimeError>;

    /// Waits for the end of a container by the service's own means, however long that takes.
    async fn end_hint(&self, call: &Call, id: &ContainerId) -> Hint;

    /// Counters by the service's own means.
    async fn api_stats(&self, call: &Call, id: &ContainerId) -> Result<StatsSample, RuntimeError>;
}
