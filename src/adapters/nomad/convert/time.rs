//! Times and durations of the wire.

use crate::domain::time::Timestamp;
use prost_types as wire;
use std::time::Duration;

/// Go's zero time, which stands for "not yet" (Nomad plugin protocol 2.5).
const GO_ZERO_SECONDS: i64 = -62_135_596_800;

/// A point in time, or Go's zero.
pub fn timestamp(at: Option<Timestamp>) -> wire::Timestamp {
    match at.map(Timestamp::seconds_and_nanos) {
        Some((seconds, nanos)) => wire::Timestamp { seconds, nanos },
        None => wire::Timestamp { seconds: GO_ZERO_SECONDS, nanos: 0 },
    }
}

/// A duration; absent and negative ones are zero.
pub fn duration(duration: Option<wire::Duration>) -> Duration {
    duration.and_then(|duration| Duration::try_from(duration).ok()).unwrap_or_default()
}
