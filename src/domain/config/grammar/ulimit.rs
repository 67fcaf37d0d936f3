//! `ulimit` values: `soft:hard`, or one number for both; `-1` or `unlimited` for no limit.

use thiserror::Error;

/// A limit of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ulimit {
    /// What a process starts with.
    pub soft: u64,
    /// How far it may raise that.
    pub hard: u64,
}

/// What the kernel calls no limit.
pub const UNLIMITED: u64 = u64::MAX;

/// The text is no limit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadUlimit {
    /// No number where one belongs.
    #[error("malformed ulimit {0:?}; write soft:hard or one number, -1 for no limit")]
    Number(String),
    /// The kernel refuses such a pair.
    #[error("soft limit of ulimit {0:?} is above its hard limit")]
    Order(String),
}

/// Parses a value.
pub fn parse(text: &str) -> Result<Ulimit, BadUlimit> {
    let bad = || BadUlimit::Number(text.to_owned());
    let (soft, hard) = text.split_once(':').unwrap_or((text, text));
    let limit = Ulimit { soft: number(soft).ok_or_else(bad)?, hard: number(hard).ok_or_else(bad)? };
    if limit.soft > limit.hard {
        return Err(BadUlimit::Order(text.to_owned()));
    }
    Ok(limit)
}

fn number(text: &str) -> Option<u64> {
    if matches!(text, "-1" | "unlimited") { Some(UNLIMITED) } else { text.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_single_numbers() {
        assert_eq!(parse("1024:2048"), Ok(Ulimit { soft: 1024, hard: 2048 }));
        assert_eq!(parse("1024"), Ok(Ulimit { soft: 1024, hard: 1024 }));
        assert_eq!(parse("0:-1"), Ok(Ulimit { soft: 0, hard: UNLIMITED }));
        for text in ["", ":", "1:", "a", "-2", "2:1", "-1:5", "1:2:3"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
