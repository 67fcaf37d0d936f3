//! A point on the wall clock, given to the domain by the clock port.

use std::time::Duration;

/// Nanoseconds since the Unix epoch, UTC. Covers the years 1678 to 2262.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

const NANOS_PER_SECOND: i64 = 1_000_000_000;

impl Timestamp {
    /// From nanoseconds since the epoch.
    pub const fn from_unix_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the epoch.
    pub fn unix_nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down, and the nanoseconds past them (0 to 999 999 999).
    pub fn seconds_and_nanos(self) -> (i64, i32) {
        let nanos = self.0.rem_euclid(NANOS_PER_SECOND);
        (self.0.div_euclid(NANOS_PER_SECOND), i32::try_from(nanos).unwrap_or(0))
    }

    /// Time since `earlier`; zero if that lies in the future (wall clocks jump).
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_round_down_also_before_the_epoch() {
        assert_eq!(Timestamp::from_unix_nanos(1_500_000_000).seconds_and_nanos(), (1, 500_000_000));
        assert_eq!(Timestamp::from_unix_nanos(-1).seconds_and_nanos(), (-1, 999_999_999));
    }

    #[test]
    fn a_clock_that_jumps_back_gives_zero_elapsed_time() {
        let (early, late) = (Timestamp::from_unix_nanos(5), Timestamp::from_unix_nanos(9));
        assert_eq!(late.since(early), Duration::from_nanos(4));
        assert_eq!(early.since(late), Duration::ZERO);
    }
}
