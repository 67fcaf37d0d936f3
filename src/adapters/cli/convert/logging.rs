//! `logging`: Docker has many drivers, Podman two that Nomad can use.

use super::edits::Edits;
use hcl_edit::Span;
use hcl_edit::expr::Expression;
use std::ops::Range;

/// What to know where Docker's driver of this name is not here.
enum Fate {
    /// It is here too.
    Here,
    /// Nothing is lost without it.
    Needless,
    /// Its work is left to somebody else.
    Lost(&'static str),
}

fn fate(driver: Option<&str>) -> Fate {
    match driver {
        Some("journald") => Fate::Here,
        None | Some("json-file" | "local") => Fate::Needless,
        Some("none") => Fate::Lost("say logs { disabled = true } in the task"),
        Some(_) => {
            Fate::Lost("let a collector read Nomad's log files, or the journal with driver = \"journald\"")
        }
    }
}

/// A `logging` of Docker, however it is written.
pub(super) struct Logging<'e> {
    /// What it says of a name.
    pub part: &'e dyn Fn(&str) -> Option<&'e Expression>,
    /// Its own name.
    pub name: Range<usize>,
    /// All of it.
    pub whole: Range<usize>,
    /// Whether it has lines of its own.
    pub alone: bool,
}

/// Whether a `logging` of Docker is one here. Else it becomes a comment.
pub(super) fn keeps(edits: &mut Edits, logging: &Logging<'_>) -> bool {
    // Of both the driver counts.
    let named = (logging.part)("driver").or_else(|| (logging.part)("type"));
    let driver = named.map(|driver| driver.as_str().unwrap_or("?"));
    let what = driver.map_or("logging".to_owned(), |driver| format!("logging by {driver}"));
    let span = named.and_then(Span::span).unwrap_or_else(|| logging.name.clone());
    match fate(driver) {
        Fate::Here => return true,
        Fate::Needless => edits.check(
            span,
            format!(
                "{what} is left out: Nomad collects the output, and the task's logs block says how much of it"
            ),
        ),
        Fate::Lost(instead) => edits.left(span, format!("{what} has no counterpart"), instead),
    }
    edits.comment_out(logging.whole.clone(), logging.alone);
    false
}
