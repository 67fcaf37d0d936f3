//! A `config` block against the option table: what keeps its name, what gets ours, what has none.

use super::edits::Edits;
use super::logging::Logging;
use super::{devices, image, logging, values};
use crate::domain::config::docker;
use crate::domain::config::row::{Kind, OptionRow, find};
use crate::domain::config::task_options::TASK_OPTIONS;
use hcl_edit::Span;
use hcl_edit::expr::{Expression, Object, ObjectKey};
use hcl_edit::structure::{Attribute, Block, BlockLabel, Body, Structure};
use std::ops::Range;

/// Converts a `config` block, or what a dynamic one makes.
pub(super) fn config(edits: &mut Edits, inside: &Body) {
    let loaded = image::convert(edits, inside);
    devices::convert(edits, inside);
    body(edits, inside, TASK_OPTIONS, "", &|name| match name {
        "image" | "devices" => true,
        "load" => loaded,
        _ => false,
    });
}

/// The bytes of an attribute.
pub(super) fn attribute_span(attribute: &Attribute) -> Range<usize> {
    let (key, value) = (attribute.key.span().unwrap_or_default(), attribute.value.span().unwrap_or_default());
    key.start..value.end.max(key.end)
}

/// Converts what is between braces, against the rows of `table`. `done` names what was taken care of.
pub(super) fn body(
    edits: &mut Edits,
    body: &Body,
    table: &'static [OptionRow],
    prefix: &str,
    done: &dyn Fn(&str) -> bool,
) {
    for structure in body.iter() {
        let part = match structure {
            Structure::Attribute(attribute) => Part::of_attribute(attribute),
            Structure::Block(block) => Part::of_block(block),
        };
        if done(&part.name) {
            continue;
        }
        let Some(row) = part.settle(edits, table, prefix, body) else { continue };
        let path = join(prefix, row.name);
        let alone = !body.prefer_oneline();
        match structure {
            Structure::Attribute(attribute) => {
                if path != "logging" || keeps_logging(edits, &attribute.value, &part, alone) {
                    value(edits, &attribute.value, row, &path, &part.whole, alone);
                }
            }
            Structure::Block(block) => inside(edits, block, row, &path, alone),
        }
    }
}

/// Whether `logging = …` stays. What is no object says nothing of a driver.
fn keeps_logging(edits: &mut Edits, expr: &Expression, part: &Part<'_>, alone: bool) -> bool {
    let object = expr.as_object().or_else(|| expr.as_array()?.get(0)?.as_object());
    let logging = Logging {
        part: &|name| object.and_then(|object| entry(object, name)),
        name: part.span.clone(),
        whole: part.whole.clone(),
        alone,
    };
    object.is_none() || logging::keeps(edits, &logging)
}

fn inside(edits: &mut Edits, block: &Block, row: &'static OptionRow, path: &str, alone: bool) {
    let (Kind::Block(rows) | Kind::BlockList(rows)) = row.kind else { return };
    let made = super::job::made_by(block).filter(|_| block.has_ident("dynamic"));
    let inner = made.map_or(&block.body, |(_, body)| body);
    let logging = Logging {
        part: &|name| inner.get_attribute(name).map(|it| &it.value),
        name: block.ident.span().unwrap_or_default(),
        whole: block.span().unwrap_or_default(),
        alone,
    };
    if path == "logging" && !logging::keeps(edits, &logging) {
        return;
    }
    if path == "mount" {
        values::volume(edits, &|name| inner.get_attribute(name).map(|it| &it.value));
    }
    body(edits, inner, rows, path, &|_| false);
}

/// Converts the value of an attribute or of an object's entry.
fn value(
    edits: &mut Edits,
    expr: &Expression,
    row: &'static OptionRow,
    path: &str,
    whole: &Range<usize>,
    alone: bool,
) {
    match (row.kind, expr) {
        (Kind::Block(rows) | Kind::BlockList(rows), Expression::Object(found)) => {
            object(edits, found, rows, path)
        }
        (Kind::Block(_) | Kind::BlockList(_), Expression::Array(items)) => {
            items.iter().for_each(|item| value(edits, item, row, path, whole, alone));
        }
        _ => values::convert(edits, expr, path, whole, alone),
    }
}

fn object(edits: &mut Edits, object: &Object, table: &'static [OptionRow], path: &str) {
    if path == "mount" {
        values::volume(edits, &|name| entry(object, name));
    }
    for (key, entry) in object.iter() {
        let (Some(name), span) = (key_name(key), key_span(key)) else { continue };
        let whole = span.start..entry.expr().span().unwrap_or_default().end.max(span.end);
        let inner = join(path, name);
        if let Some(row) = find(table, name) {
            value(edits, entry.expr(), row, &join(path, row.name), &whole, false);
        } else if let Some(row) = docker::ours(table, name) {
            edits.rename(span.clone(), row.name);
            edits.changed(span, format!("{inner} is now {}", join(path, row.name)));
            value(edits, entry.expr(), row, &join(path, row.name), &whole, false);
        } else if let Some(docker) = docker::only(&inner) {
            // Entries may share a line: taking one out is left to whoever sees it.
            edits.left(whole, format!("{inner} has no counterpart; take it out"), docker.instead);
        }
    }
}

/// The value of a name in an object.
pub(super) fn entry<'o>(object: &'o Object, name: &str) -> Option<&'o Expression> {
    object.iter().find(|(key, _)| key_name(key) == Some(name)).map(|(_, value)| value.expr())
}

fn key_name(key: &ObjectKey) -> Option<&str> {
    match key {
        ObjectKey::Ident(name) => Some(name.as_str()),
        ObjectKey::Expression(expr) => expr.as_variable().map(|name| name.as_str()).or_else(|| expr.as_str()),
    }
}

fn key_span(key: &ObjectKey) -> Range<usize> {
    let span = match key {
        ObjectKey::Ident(name) => name.span(),
        ObjectKey::Expression(expr) => expr.span(),
    };
    span.unwrap_or_default()
}

pub(super) fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

/// An attribute or a block, as far as its name is concerned.
struct Part<'a> {
    name: String,
    /// Where the name is.
    span: Range<usize>,
    /// All of it.
    whole: Range<usize>,
    /// The dynamic block that it is.
    dynamic: Option<&'a Block>,
}

impl<'a> Part<'a> {
    fn of_attribute(attribute: &Attribute) -> Self {
        let span = attribute.key.span().unwrap_or_default();
        Self {
            name: attribute.key.as_str().to_owned(),
            span,
            whole: attribute_span(attribute),
            dynamic: None,
        }
    }

    fn of_block(block: &'a Block) -> Self {
        let whole = block.span().unwrap_or_default();
        match block.labels.first().filter(|_| block.has_ident("dynamic")) {
            Some(label) => {
                let span = label_span(label);
                Self { name: label.as_str().to_owned(), span, whole, dynamic: Some(block) }
            }
            None => {
                let span = block.ident.span().unwrap_or_default();
                Self { name: block.ident.as_str().to_owned(), span, whole, dynamic: None }
            }
        }
    }

    /// Gives the part the name it has here; its row, if it has one and stays.
    fn settle(
        &self,
        edits: &mut Edits,
        table: &'static [OptionRow],
        prefix: &str,
        around: &Body,
    ) -> Option<&'static OptionRow> {
        if let Some(row) = find(table, &self.name) {
            return Some(row);
        }
        let path = join(prefix, &self.name);
        if let Some(row) = docker::ours(table, &self.name) {
            return self.rename(edits, row, &path, around);
        }
        if let Some(docker) = docker::only(&path) {
            if docker.needless || self.is_off(edits) {
                edits.changed(self.span.clone(), format!("{path} is left out, which changes nothing"));
            } else {
                edits.left(self.span.clone(), format!("{path} has no counterpart"), docker.instead);
            }
            edits.comment_out(self.whole.clone(), !around.prefer_oneline());
        }
        None
    }

    /// Whether it says only that something is not wanted.
    fn is_off(&self, edits: &Edits) -> bool {
        edits.text(&self.whole).rsplit('=').next().is_some_and(|value| value.trim() == "false")
    }

    fn rename(
        &self,
        edits: &mut Edits,
        row: &'static OptionRow,
        path: &str,
        around: &Body,
    ) -> Option<&'static OptionRow> {
        if around.has_attribute(row.name) || (around.has_blocks(row.name) && around.has_attribute(&self.name))
        {
            let help = format!("put what it says into {}", row.name);
            edits.left(
                self.span.clone(),
                format!("{path} stands beside {}, which means the same", row.name),
                &help,
            );
            edits.comment_out(self.whole.clone(), !around.prefer_oneline());
            return None;
        }
        let ours = path.strip_suffix(&self.name).map(|prefix| format!("{prefix}{}", row.name));
        let ours = ours.unwrap_or_else(|| row.name.to_owned());
        match self.dynamic {
            Some(_) => edits.replace(self.span.clone(), format!("{:?}", row.name)),
            None => edits.rename(self.span.clone(), row.name),
        }
        edits.changed(self.span.clone(), format!("{path} is now {}", ours));
        self.keep_iterator(edits);
        Some(row)
    }

    /// A dynamic block without `iterator` calls its elements by the name that it had.
    fn keep_iterator(&self, edits: &mut Edits) {
        // On one line there is place for one thing, so it has no content and makes nothing.
        let usual = |block: &&Block| !block.body.has_attribute("iterator") && !block.body.prefer_oneline();
        let Some(block) = self.dynamic.filter(usual) else { return };
        let Some(first) = block.body.iter().next() else { return };
        let at = match first {
            Structure::Attribute(attribute) => attribute_span(attribute).start,
            Structure::Block(block) => block.span().unwrap_or_default().start,
        };
        let indent = edits.indent(at).to_owned();
        edits.replace(at..at, format!("iterator = {}\n{indent}", self.name));
    }
}

fn label_span(label: &BlockLabel) -> Range<usize> {
    match label {
        BlockLabel::String(text) => text.span(),
        BlockLabel::Ident(name) => name.span(),
    }
    .unwrap_or_default()
}
