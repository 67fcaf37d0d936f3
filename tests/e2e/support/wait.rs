//! Waiting for what will happen: look again and again, up to a bound, and then say what was seen last.

use std::thread;
use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Enough for anything an agent does on a machine that is busy with other suites.
pub const LIMIT: Duration = Duration::from_secs(40);

/// Looks until `look` finds what it wants, for [`LIMIT`] at most.
pub fn until<T>(what: &str, look: impl FnMut() -> Result<T, String>) -> T {
    match within(LIMIT, look) {
        Ok(found) => found,
        Err(last) => panic!("{what}: not within {LIMIT:?}; last seen: {last}"),
    }
}

/// Looks until `look` succeeds; its last error when `limit` is over.
#[allow(clippy::disallowed_methods, reason = "a real agent runs by the real clock")]
pub fn within<T>(limit: Duration, mut look: impl FnMut() -> Result<T, String>) -> Result<T, String> {
    let end = Instant::now() + limit;
    loop {
        match look() {
            Ok(found) => return Ok(found),
            Err(last) if Instant::now() >= end => return Err(last),
            Err(_) => thread::sleep(PAUSE),
        }
    }
}
