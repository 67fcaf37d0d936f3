//! `logging`: Docker has many drivers, Podman two that Nomad can use.

use super::edits::Edits;
use hcl_edit::Span;
use hcl_edit::structure::{Block, Body};

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

/// Whether a `logging` block of Docker is one here. Else it becomes a comment.
pub(super) fn keeps(edits: &mut Edits, block: &Block, inside: &Body) -> bool {
    // Of both the driver counts.
    let named = inside.get_attribute("driver").or_else(|| inside.get_attribute("type"));
    let driver = named.map(|attribute| attribute.value.as_str().unwrap_or("?"));
    let what = driver.map_or("logging".to_owned(), |driver| format!("logging by {driver}"));
    let span = named.and_then(|named| named.value.span()).or_else(|| block.ident.span()).unwrap_or_default();
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
    edits.comment_out(block.span().unwrap_or_default(), true);
    false
}
