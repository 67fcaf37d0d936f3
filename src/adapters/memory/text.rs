//! Programs written down in the form that [`super::syntax`] reads, and the escapes of both directions.

use super::program::{Program, Step};
use crate::domain::log::Stream;
use std::fmt::{self, Write};

/// The bytes that `text` stands for.
pub(super) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let (byte, length) = escape(rest).ok_or("after \\ comes n, r, t, \\ or xHH")?;
        bytes.push(byte);
        rest = &rest[length..];
    }
    Ok(bytes)
}

/// The byte that is written behind a backslash, and the length of that.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    Some(match text {
        [b'n', ..] => (b'\n', 1),
        [b'r', ..] => (b'\r', 1),
        [b't', ..] => (b'\t', 1),
        [b'\\', ..] => (b'\\', 1),
        [b'x', high, low, ..] => (hex(*high)? * 16 + hex(*low)?, 3),
        _ => return None,
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Bytes as [`unescape`] reads them; a space at the end is escaped so that it can be seen.
struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            match byte {
                b'\n' => f.write_str("\\n")?,
                b'\\' => f.write_str("\\\\")?,
                b' ' if at + 1 < self.0.len() => f.write_char(' ')?,
                0x21..=0x7e => f.write_char(char::from(*byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        Ok(())
    }
}

fn word(stream: Stream) -> &'static str {
    match stream {
        Stream::Stdout => "out",
        Stream::Stderr => "err",
    }
}

impl fmt::Display for Program {
    /// The text that reads back as this program.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps().iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Out(stream, bytes) => write!(f, "{} {}", word(*stream), Escaped(bytes)),
            Self::Fill(stream, count) => write!(f, "fill {} {count}", word(*stream)),
            Self::Sleep(duration) => write!(f, "sleep {}ns", duration.as_nanos()),
            Self::Forever => f.write_str("forever"),
            Self::Exit(code) => write!(f, "exit {code}"),
            Self::Trap(signal, steps) if steps.steps().is_empty() => write!(f, "ignore {signal}"),
            Self::Trap(signal, steps) => write!(f, "trap {signal} {{\n{steps}}}"),
            Self::Fork(steps) => write!(f, "fork {{\n{steps}}}"),
            Self::Cat => f.write_str("cat"),
            Self::PrintEnv(name) => write!(f, "env {name}"),
            Self::PrintAllEnv => f.write_str("env"),
            Self::PrintHostname => f.write_str("hostname"),
            Self::PrintUser => f.write_str("user"),
            Self::PrintDirectory => f.write_str("pwd"),
            Self::PrintPid => f.write_str("pid"),
            Self::PrintArgs => f.write_str("args"),
            Self::PrintInterfaces => f.write_str("interfaces"),
            Self::PrintMount(path) => write!(f, "mount {path}"),
            Self::Read(path) => write!(f, "read {path}"),
            Self::Write(path, bytes) => write!(f, "write {path} {}", Escaped(bytes)),
            Self::Allocate(bytes) => write!(f, "allocate {bytes}"),
        }
    }
}
