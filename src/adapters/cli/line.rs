//! How a line of the timeline looks. Pure.

use crate::domain::time::Timestamp;
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;
use std::mem;

/// What a line tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something the driver or the host did.
    Event,
    /// Standard output of the task.
    Stdout,
    /// Its standard error.
    Stderr,
    /// Its end.
    Exit,
    /// A decision to start it again.
    Restart,
    /// Something went wrong.
    Error,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Exit => "exit",
            Self::Restart => "restart",
            Self::Error => "error",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Stdout => Style::new(),
            Self::Event => Style::new().dimmed(),
            Self::Stderr | Self::Restart => AnsiColor::Yellow.on_default(),
            Self::Exit => Style::new().bold(),
            Self::Error => AnsiColor::Red.on_default().bold(),
        }
    }
}

/// Colours of tasks, in the order of the job. Red and yellow are for what needs attention.
const PALETTE: [AnsiColor; 8] = [
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
    AnsiColor::BrightGreen,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightBlue,
];

/// The style of the `n`th task.
pub fn task_style(n: usize) -> Style {
    PALETTE[n % PALETTE.len()].on_default()
}

/// A line: time of day (UTC), task, kind, text. The text is made harmless here, and only here.
pub fn line(at: Timestamp, task: &str, width: usize, style: Style, kind: Kind, text: &str) -> String {
    let (look, word) = (kind.style(), kind.word());
    let (time, text) = (time_of_day(at), harmless(text));
    format!("{time}  {style}{task:width$}{style:#}  {look}{word:7}{look:#}  {look}{text}{look:#}\n")
}

/// `HH:MM:SS.mmm`.
fn time_of_day(at: Timestamp) -> String {
    let (seconds, nanos) = at.seconds_and_nanos();
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{hour:02}:{minute:02}:{second:02}.{:03}", nanos / 1_000_000)
}

/// `text` without anything that a terminal would obey: tasks must not be able to redraw it.
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push('\t'),
            '\u{7f}' => out.push('␡'),
            // Unicode has a picture for each of the first 32.
            c if u32::from(c) < 0x20 => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
            // What turns the direction of text can hide what was written.
            '\u{80}'..='\u{9f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{2028}'
            | '\u{2029}' => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Longest line that is waited for; a longer one is shown in parts.
const LINE_BYTES: usize = 16 * 1024;

/// Puts the bytes of one stream together to lines.
#[derive(Debug, Default)]
pub struct Lines {
    partial: Vec<u8>,
}

impl Lines {
    /// The lines that `bytes` completes.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = vec![];
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.partial.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.partial.len() >= LINE_BYTES {
                lines.extend(self.flush());
            }
        }
        lines
    }

    /// What was written without a line end, if anything.
    pub fn flush(&mut self) -> Option<String> {
        if self.partial.is_empty() {
            return None;
        }
        let bytes = mem::take(&mut self.partial);
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        Some(String::from_utf8_lossy(bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_time_task_kind_and_text() {
        let at = Timestamp::from_unix_nanos(3_723_004_000_000);
        let shown = line(at, "db", 4, task_style(0), Kind::Stdout, "ready\tnow");
        assert_eq!(crate::adapters::cli::colour::plain(&shown), "01:02:03.004  db    stdout   ready\tnow\n");
        assert!(shown.contains("\u{1b}["));
    }

    #[test]
    fn a_task_cannot_command_the_terminal() {
        assert_eq!(harmless("\u{1b}[2J\u{7}\r\u{7f}"), "␛[2J␇␍␡");
        assert_eq!(harmless("a\u{202e}b\u{9b}c"), "a\\u{202e}b\\u{9b}c");
        assert_eq!(harmless("grün 🦀"), "grün 🦀");
    }

    #[test]
    fn lines_are_put_together_from_any_pieces() {
        let mut lines = Lines::default();
        assert_eq!(lines.feed(b"one\ntw"), ["one"]);
        assert_eq!(lines.feed(b"o\r\n\n\xffx"), ["two", ""]);
        assert_eq!(lines.flush().as_deref(), Some("\u{fffd}x"));
        assert_eq!(lines.flush(), None);
    }

    #[test]
    fn an_endless_line_is_shown_in_parts() {
        let mut lines = Lines::default();
        let shown: usize = (0..40).map(|_| lines.feed(&[b'x'; 1024]).len()).sum();
        assert_eq!(shown, 2);
    }
}
