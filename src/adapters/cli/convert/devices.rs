//! `devices`: blocks for Docker, a list of texts here.

use super::edits::Edits;
use super::options::entry;
use super::values::inner;
use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};

const BY_HAND: &str = "write devices = [\"/dev/host:/dev/container:rwm\"]";

/// Converts the devices of a `config` block.
pub(super) fn convert(edits: &mut Edits, body: &Body) {
    let dynamic = body
        .get_blocks("dynamic")
        .find(|block| block.labels.first().is_some_and(|label| label.as_str() == "devices"));
    if let Some(dynamic) = dynamic {
        let span = dynamic.ident.span().unwrap_or_default();
        return edits.left(span, "dynamic devices cannot be converted; they are a list here", BY_HAND);
    }
    let blocks: Vec<&Block> = body.get_blocks("devices").collect();
    match body.get_attribute("devices") {
        Some(list) => match &list.value {
            Expression::Array(items) => items.iter().for_each(|item| element(edits, item)),
            other => {
                edits.left(other.span().unwrap_or_default(), "these devices cannot be converted", BY_HAND)
            }
        },
        None if !blocks.is_empty() => as_list(edits, &blocks),
        None => {}
    }
}

fn element(edits: &mut Edits, item: &Expression) {
    let span = item.span().unwrap_or_default();
    let Expression::Object(object) = item else { return };
    match text(edits, &|name| entry(object, name)) {
        Some(text) => {
            edits.replace(span.clone(), format!("\"{text}\""));
            edits.changed(span, format!("a device is now {text}"));
        }
        None => edits.left(span, "this device cannot be converted", BY_HAND),
    }
}

/// `host[:container][:permissions]`.
fn text<'e>(edits: &Edits, part: &dyn Fn(&str) -> Option<&'e Expression>) -> Option<String> {
    let read = |name| match part(name) {
        None => Some(None),
        Some(expr) => inner(edits, expr).map(|text| Some(text).filter(|text| !text.is_empty())),
    };
    let host = read("host_path")??;
    let container = read("container_path")?.filter(|path| *path != host);
    let permissions = read("cgroup_permissions")?;
    Some([Some(host), container, permissions].into_iter().flatten().collect::<Vec<_>>().join(":"))
}

/// The first block becomes the list, the others go.
fn as_list(edits: &mut Edits, blocks: &[&Block]) {
    let texts: Option<Vec<String>> = blocks
        .iter()
        .map(|block| text(edits, &|name| block.body.get_attribute(name).map(|it| &it.value)))
        .collect();
    let spans: Vec<_> = blocks.iter().map(|block| block.span().unwrap_or_default()).collect();
    let Some(texts) = texts else {
        let span = blocks[0].ident.span().unwrap_or_default();
        return edits.left(span, "these devices cannot be converted", BY_HAND);
    };
    let comments: Vec<Vec<String>> = spans.iter().map(|span| comments(edits.text(span))).collect();
    let list = list(&texts, &comments, edits.indent(spans[0].start));
    for (at, span) in spans.iter().enumerate() {
        edits.changed(span.start..span.start + "devices".len(), format!("a device is now {}", texts[at]));
        match at {
            0 => edits.replace(span.clone(), list.as_str()),
            _ => {
                let lines = edits.whole_lines(span.clone());
                edits.replace(lines, "");
            }
        }
    }
}

/// On one line, or with the comments of each device before it.
fn list(texts: &[String], comments: &[Vec<String>], indent: &str) -> String {
    if comments.iter().all(Vec::is_empty) {
        let quoted: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
        return format!("devices = [{}]", quoted.join(", "));
    }
    let mut out = "devices = [\n".to_owned();
    for (text, comments) in texts.iter().zip(comments) {
        comments.iter().for_each(|comment| out.push_str(&format!("{indent}  # {comment}\n")));
        out.push_str(&format!("{indent}  \"{text}\",\n"));
    }
    out + indent + "]"
}

/// The comments in a block of plain texts, without their signs.
fn comments(text: &str) -> Vec<String> {
    let of_line = |line: &str| {
        let outside: Vec<&str> = line.split('"').collect();
        // Every second part is between quotes.
        let mut at = 0;
        for (n, part) in outside.iter().enumerate() {
            let start = part.find('#').into_iter().chain(part.find("//")).chain(part.find("/*")).min();
            if let (0, Some(start)) = (n % 2, start) {
                let comment = line[at + start..].trim_start_matches(['#', '/', '*']);
                return Some(comment.trim_end().trim_end_matches("*/").trim().to_owned());
            }
            at += part.len() + 1;
        }
        None
    };
    text.lines().filter_map(of_line).filter(|comment| !comment.is_empty()).collect()
}
