//! Values that the Docker driver reads otherwise.

use super::edits::Edits;
use crate::domain::config::docker::{self, Meaning};
use hcl_edit::Span;
use hcl_edit::expr::{Expression, UnaryOperator};
use std::ops::Range;

/// Converts the value at `path`. `whole` is the attribute around it, `alone` whether that has lines of its own.
pub(super) fn convert(edits: &mut Edits, expr: &Expression, path: &str, whole: &Range<usize>, alone: bool) {
    if path == "mount.tmpfs_options.mode" {
        return tmpfs_mode(edits, expr, whole, alone);
    }
    let single = match expr {
        Expression::Array(items) => return items.iter().for_each(|item| element(edits, item, path)),
        expr => expr,
    };
    let span = single.span().unwrap_or_default();
    match single.as_str().map(|text| docker::meaning(path, text)) {
        Some(Meaning::Written(text)) => written(edits, span, path, &text),
        Some(Meaning::SameIf(condition)) => edits.check(span, condition),
        Some(Meaning::Nothing(instead)) => {
            edits.left(span, format!("this {path} has no counterpart"), instead);
            if alone {
                edits.comment_out(whole.clone(), true);
            }
        }
        Some(Meaning::Same) | None => {}
    }
}

/// One of several: it cannot become a comment, because others may be on its line.
fn element(edits: &mut Edits, item: &Expression, path: &str) {
    let span = item.span().unwrap_or_default();
    match item.as_str().map(|text| docker::meaning(path, text)) {
        Some(Meaning::Written(text)) => written(edits, span, path, &text),
        Some(Meaning::SameIf(condition)) => edits.check(span, condition),
        Some(Meaning::Nothing(instead)) => {
            edits.left(span, format!("this {path} has no counterpart; take it out"), instead);
        }
        Some(Meaning::Same) | None => {}
    }
}

fn written(edits: &mut Edits, span: Range<usize>, path: &str, text: &str) {
    edits.replace_by_string(span.clone(), text);
    edits.changed(span, format!("{path} is now {text}"));
}

/// Tells that the volume of a mount is another one: its data stays where Docker keeps it.
pub(super) fn volume<'e>(edits: &mut Edits, part: &dyn Fn(&str) -> Option<&'e Expression>) {
    let is_volume = part("type").is_none_or(|kind| kind.as_str() == Some("volume"));
    if let (true, Some(source)) = (is_volume, part("source")) {
        let span = source.span().unwrap_or_default();
        edits.check(span, "this volume is one of Podman, empty at first; what Docker's holds must be copied");
    }
}

/// Docker's mode is a number, ours is octal digits.
fn tmpfs_mode(edits: &mut Edits, expr: &Expression, whole: &Range<usize>, alone: bool) {
    let span = expr.span().unwrap_or_default();
    let digits = edits.text(&span).trim_matches('"').to_owned();
    match digits.parse::<u32>().ok().filter(|mode| *mode <= 0o7777) {
        Some(number) => {
            let mode = docker::tmpfs_mode(number);
            edits.replace(span.clone(), format!("{mode:?}"));
            let reason = format!("the Docker driver reads this mode as a decimal number, in octal {mode}");
            edits.check(span, format!("{reason}; write {digits:?} if that was meant"));
        }
        None => {
            let help = "write the mode as octal digits, such as mode = \"1777\"";
            edits.left(span, "this mode cannot be written as octal digits", help);
            if alone {
                edits.comment_out(whole.clone(), true);
            }
        }
    }
}

/// What stands between the quotes of a text, or what would: for putting it into another text.
pub(super) fn inner(edits: &Edits, expr: &Expression) -> Option<String> {
    let text = edits.text(&expr.span()?).trim().to_owned();
    match expr {
        Expression::String(_) | Expression::StringTemplate(_) => {
            Some(text.strip_prefix('"')?.strip_suffix('"')?.to_owned())
        }
        Expression::HeredocTemplate(_)
        | Expression::Array(_)
        | Expression::Object(_)
        | Expression::Null(_) => None,
        Expression::UnaryOp(op) if *op.operator == UnaryOperator::Not => None,
        _ if text.contains('\n') => None,
        _ => Some(format!("${{{text}}}")),
    }
}
