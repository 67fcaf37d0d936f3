//! Durations as Go and thus Nomad job files write them: `1h30m`, `1.5s`, `250ms`, `0`.

use std::time::Duration;
use thiserror::Error;

/// Why a text is not a Go duration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DurationError {
    /// Nothing but an optional sign.
    #[error("empty duration")]
    Empty,
    /// A number without a unit, or with one that Go does not know.
    #[error("unknown unit {unit:?} in duration {text:?}; use ns, us, ms, s, m or h")]
    Unit {
        /// The whole text.
        text: String,
        /// What stands where a unit should be.
        unit: String,
    },
    /// No digits where a number should be.
    #[error("expected a number in duration {0:?}")]
    Number(String),
    /// Below zero: no option of this driver can use one.
    #[error("duration {0:?} is negative")]
    Negative(String),
    /// Does not fit the 292 years that Go can count.
    #[error("duration {0:?} is too long")]
    Overflow(String),
}

/// Parses a duration by the rules of Go's `time.ParseDuration`, except that negative ones are refused.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    if text.starts_with('-') {
        return Err(DurationError::Negative(text.to_owned()));
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(DurationError::Empty);
    }
    let mut nanos: u128 = 0;
    while !rest.is_empty() {
        let (term, tail) = term(text, rest)?;
        nanos = nanos.saturating_add(term);
        rest = tail;
    }
    within_go_range(text, nanos)
}

fn within_go_range(text: &str, nanos: u128) -> Result<Duration, DurationError> {
    i64::try_from(nanos)
        .ok()
        .and_then(|nanos| u64::try_from(nanos).ok())
        .map(Duration::from_nanos)
        .ok_or_else(|| DurationError::Overflow(text.to_owned()))
}

/// One `number unit` pair at the start of `rest`: its nanoseconds and what follows.
fn term<'a>(text: &str, rest: &'a str) -> Result<(u128, &'a str), DurationError> {
    let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, tail) = rest.split_at(number_end);
    let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
    let (unit, tail) = tail.split_at(unit_end);
    let unit_nanos = unit_nanos(unit)
        .ok_or_else(|| DurationError::Unit { text: text.to_owned(), unit: unit.to_owned() })?;
    Ok((scale(text, number, unit_nanos)?, tail))
}

fn unit_nanos(unit: &str) -> Option<u128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// `number` (digits with at most one point) times the unit; digits below a nanosecond are cut off, as in Go.
fn scale(text: &str, number: &str, unit_nanos: u128) -> Result<u128, DurationError> {
    let bad = || DurationError::Number(text.to_owned());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return Err(bad());
    }
    let whole: u128 = match whole {
        "" => 0,
        digits => digits.parse().map_err(|_| DurationError::Overflow(text.to_owned()))?,
    };
    let mut nanos = whole.saturating_mul(unit_nanos);
    let mut place = unit_nanos;
    for digit in fraction.chars() {
        place /= 10;
        nanos = nanos.saturating_add(place.saturating_mul(u128::from(digit.to_digit(10).ok_or_else(bad)?)));
    }
    Ok(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_reads() {
        for (text, nanos) in [
            ("0", 0),
            ("5s", 5_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5h", 5_400_000_000_000),
            (".5s", 500_000_000),
            ("100µs", 100_000),
            ("+1ms", 1_000_000),
            ("1m0.5s", 60_500_000_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn refuses_what_go_refuses_and_negatives() {
        for text in ["", "+", "5", "s", ".s", "1d", "5 s", "1..5s", "-5s", "9999999999h", "1e3s", "5sx"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn never_panics() {
        use proptest::prelude::*;
        proptest!(|(text in "[-+0-9.a-zµ ]{0,40}")| { let _ = parse(&text); });
    }
}
