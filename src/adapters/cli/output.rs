//! The timeline on the terminal: one lock, whole lines.

use super::colour::{self, Plain};
use super::line::{self, Kind};
use crate::domain::task::AllocId;
use crate::ports::Clock;
use anstyle::Style;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Name and look of a task in the timeline.
#[derive(Debug, Clone)]
struct Label {
    text: String,
    style: Style,
}

/// Names and looks of all tasks of a run.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    by_task: BTreeMap<(AllocId, String), Label>,
    width: usize,
}

impl Labels {
    /// Adds a task; its colour follows from the order of the calls.
    pub fn add(&mut self, alloc: &AllocId, task: &str, text: String) {
        let style = line::task_style(self.by_task.len());
        self.width = self.width.max(text.chars().count());
        self.by_task.insert((alloc.clone(), task.to_owned()), Label { text, style });
    }
}

/// Writes lines.
///
/// Writing blocks the caller for as long as the terminal does: a person who holds it wants that.
pub struct Output {
    clock: Arc<dyn Clock>,
    labels: Labels,
    writer: Mutex<Box<dyn Write + Send>>,
    closed: CancellationToken,
}

impl Output {
    /// A timeline on `writer`, which is expected to strip colours it cannot show.
    pub fn new(clock: Arc<dyn Clock>, labels: Labels, writer: Box<dyn Write + Send>) -> Self {
        Self { clock, labels, writer: Mutex::new(writer), closed: CancellationToken::new() }
    }

    /// One line about a task.
    pub fn line(&self, alloc: &AllocId, task: &str, kind: Kind, text: &str) {
        let known = self.labels.by_task.get(&(alloc.clone(), task.to_owned()));
        let (name, style) = known.map_or((task, Style::new()), |label| (label.text.as_str(), label.style));
        // Several lines of one message, such as an error's, are told one by one.
        for text in text.lines() {
            self.raw(&line::line(self.clock.now(), name, self.labels.width, style, kind, text));
        }
        if text.is_empty() {
            self.raw(&line::line(self.clock.now(), name, self.labels.width, style, kind, text));
        }
    }

    /// Text as it is.
    pub fn raw(&self, text: &str) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let written = writer.write_all(text.as_bytes()).and_then(|()| writer.flush());
        if written.is_err() {
            // Nobody reads any more (`| head`): the run is stopped, and there is no one to tell.
            self.closed.cancel();
        }
    }

    /// Returns once nobody reads the output any more.
    pub async fn closed(&self) {
        self.closed.cancelled().await;
    }

    /// The name of a task in the timeline.
    pub fn name_of(&self, alloc: &AllocId, task: &str) -> String {
        let known = self.labels.by_task.get(&(alloc.clone(), task.to_owned()));
        known.map_or_else(|| task.to_owned(), |label| label.text.clone())
    }
}

/// Standard output for a timeline: colours only where a terminal shows them and nobody objects (`NO_COLOR`).
pub fn stdout(no_color: bool) -> Box<dyn Write + Send> {
    let coloured = !no_color && colour::on_stdout();
    if coloured { Box::new(io::stdout()) } else { Box::new(Plain(io::stdout())) }
}

/// Writes `text` to standard output as a whole; a reader that has seen enough is no error.
///
/// # Errors
/// What the system says.
pub fn print(text: &str, no_color: bool) -> io::Result<()> {
    let mut out = stdout(no_color);
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Tells something on standard error, which nobody may be reading.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{}", text.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::cli::testing::{Screen, TestClock};

    #[test]
    fn tasks_keep_their_column_and_messages_their_lines() {
        let screen = Screen::default();
        let mut labels = Labels::default();
        let alloc = AllocId::new("a");
        labels.add(&alloc, "web", "web".to_owned());
        labels.add(&alloc, "sidecar", "sidecar".to_owned());
        let output = Output::new(Arc::new(TestClock::default()), labels, Box::new(screen.clone()));
        output.line(&alloc, "web", Kind::Error, "two\nlines");
        output.line(&alloc, "sidecar", Kind::Stdout, "");
        assert_eq!(
            screen.text(),
            "00:00:00.000  web      error    two\n00:00:00.000  web      error    lines\n\
             00:00:00.000  sidecar  stdout   \n"
        );
    }

    #[tokio::test]
    async fn a_reader_that_went_away_is_noticed_once_and_quietly() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let output = Output::new(Arc::new(TestClock::default()), Labels::default(), Box::new(Closed));
        output.raw("x");
        output.closed().await;
    }
}
