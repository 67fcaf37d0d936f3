//! Sizes of memory as options write them: `100m`, `1g`, `1048576`, and `-1` for "no limit".

use thiserror::Error;

/// A size or its explicit absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemorySize {
    /// So many bytes.
    Bytes(u64),
    /// `-1`.
    Unlimited,
}

/// The text is no size.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no memory size; write a whole number with b, k, m or g, or none for bytes")]
pub struct BadMemorySize(pub String);

/// Parses a size. Units are powers of 1024 in either case; none means bytes.
pub fn parse(text: &str) -> Result<MemorySize, BadMemorySize> {
    let bad = || BadMemorySize(text.to_owned());
    if text == "-1" {
        return Ok(MemorySize::Unlimited);
    }
    let (digits, factor) = match text.char_indices().last().ok_or_else(bad)? {
        (at, 'b' | 'B') => (&text[..at], 1),
        (at, 'k' | 'K') => (&text[..at], 1 << 10),
        (at, 'm' | 'M') => (&text[..at], 1 << 20),
        (at, 'g' | 'G') => (&text[..at], 1 << 30),
        _ => (text, 1),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    let number: u64 = digits.parse().map_err(|_| bad())?;
    // The kernel counts in i64.
    let bytes = number.checked_mul(factor).filter(|bytes| i64::try_from(*bytes).is_ok()).ok_or_else(bad)?;
    Ok(MemorySize::Bytes(bytes))
}

/// The text is no size above nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadSize {
    /// Not a size.
    #[error(transparent)]
    Size(#[from] BadMemorySize),
    /// `-1`.
    #[error("-1 has no meaning here; leave the option out")]
    Unlimited,
}

/// Parses a size that cannot be `-1`.
pub fn bytes(text: &str) -> Result<u64, BadSize> {
    match parse(text)? {
        MemorySize::Bytes(bytes) => Ok(bytes),
        MemorySize::Unlimited => Err(BadSize::Unlimited),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_powers_of_1024_and_none_is_bytes() {
        for (text, bytes) in
            [("512", 512), ("512b", 512), ("1k", 1024), ("180m", 188_743_680), ("2G", 2 << 30)]
        {
            assert_eq!(parse(text), Ok(MemorySize::Bytes(bytes)), "{text}");
        }
        assert_eq!(parse("-1"), Ok(MemorySize::Unlimited));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "m", "1.5g", "-5m", "10mb", "1 g", "99999999999999999999", "9999999999g", "+1m", "µ"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
