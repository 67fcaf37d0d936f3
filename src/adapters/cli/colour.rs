//! Colours where a terminal can show them and nobody objects.

use std::borrow::Cow;
use std::env;
use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};

/// How a colour starts. The command line writes no other sequences, and what a task writes is made harmless first.
const INTRODUCER: &str = "\u{1b}[";

/// Whether standard output is a terminal with colours (`TERM`) of somebody who wants them (`NO_COLOR`).
pub fn on_stdout() -> bool {
    wanted(io::stdout().is_terminal(), env::var_os("NO_COLOR").as_deref(), env::var_os("TERM").as_deref())
}

fn wanted(terminal: bool, no_color: Option<&OsStr>, term: Option<&OsStr>) -> bool {
    terminal && no_color.is_none_or(OsStr::is_empty) && term.is_some_and(|term| term != "dumb")
}

/// `text` without its colours.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(INTRODUCER) {
        return text.into();
    }
    let mut pieces = text.split(INTRODUCER);
    let first = pieces.next().unwrap_or_default();
    // Each further piece begins with the parameters of a sequence, up to the letter that ends it.
    let rest =
        pieces.map(|piece| piece.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, text)| text));
    std::iter::once(first).chain(rest).collect::<String>().into()
}

/// Writes without colours what has them. Each write must be whole characters and sequences, as those of a
/// timeline are; a piece of anything else goes through as it is.
pub struct Plain<W>(pub W);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.0.write_all(plain(text).as_bytes())?,
            Err(_) => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_and_text_stays() {
        assert_eq!(plain("\u{1b}[1m\u{1b}[38;5;9merror\u{1b}[0m: [x]\n"), "error: [x]\n");
        assert_eq!(plain("no colour: é [0m"), "no colour: é [0m");
        assert_eq!(plain("cut \u{1b}[1"), "cut ");
    }

    #[test]
    fn a_writer_reports_what_it_was_given() {
        let mut writer = Plain(Vec::new());
        let text = b"\x1b[31mred\x1b[0m";
        assert_eq!(writer.write(text).unwrap(), text.len());
        writer.write_all(b"\xff").unwrap();
        assert_eq!(writer.0, b"red\xff");
    }

    #[test]
    fn colours_need_a_terminal_and_consent() {
        let (xterm, dumb) = (Some(OsStr::new("xterm")), Some(OsStr::new("dumb")));
        assert!(wanted(true, None, xterm));
        assert!(wanted(true, Some(OsStr::new("")), xterm));
        assert!(!wanted(false, None, xterm));
        assert!(!wanted(true, Some(OsStr::new("1")), xterm));
        assert!(!wanted(true, None, dumb));
        assert!(!wanted(true, None, None));
    }
}
