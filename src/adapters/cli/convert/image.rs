//! `image` and `load`: what Docker completes by itself must be said to Podman.

use super::edits::Edits;
use super::values::inner;
use crate::domain::config::docker;
use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Body};
use std::ops::Range;

/// Converts the image of a `config` block. Whether `load`, if there, has been taken care of.
pub(super) fn convert(edits: &mut Edits, body: &Body) -> bool {
    let Some(image) = body.get_attribute("image") else { return false };
    if let Some(load) = body.get_attribute("load") {
        return load_instead(edits, image, load);
    }
    let span = image.value.span().unwrap_or_default();
    match &image.value {
        Expression::String(text) => literal(edits, span, text.as_str()),
        Expression::StringTemplate(_) => template(edits, span),
        other => match inner(edits, other) {
            Some(text) => known_later(edits, span, &text),
            None => {
                edits.left(span, "this image cannot be converted", "write where it comes from: docker.io/…")
            }
        },
    }
    false
}

fn literal(edits: &mut Edits, span: Range<usize>, text: &str) {
    let name = docker::image(text);
    let called = name.as_deref().unwrap_or(text);
    if is_latest(called) {
        let reason = "Docker asks for this tag at every start; pull_policy = \"newer\" does that here";
        edits.check(span.clone(), format!("image: {reason}"));
    }
    if let Some(name) = name {
        edits.replace_by_string(span.clone(), &name);
        edits.changed(span, format!("image is now {name}"));
    }
}

/// Whether the name ends in `latest`, or in no tag at all.
fn is_latest(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    !last.contains('@') && last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

/// A name with interpolations: what stands before the first one may say enough.
fn template(edits: &mut Edits, span: Range<usize>) {
    let inner = edits.text(&span).trim_matches('"').to_owned();
    let (head, rest) = inner.split_at(inner.find("${").or_else(|| inner.find("%{")).unwrap_or(0));
    let later = rest.rsplit('}').next().unwrap_or_default();
    match head.split_once('/') {
        // A whole part before the first slash is a registry or it is not, whatever follows.
        Some((first, _)) => {
            if let Some(name) = docker::image(&format!("{first}/x")) {
                let name = name.strip_suffix("/x").unwrap_or(&name);
                prefixed(edits, span, &format!("{name}{}", &inner[first.len()..]));
            }
        }
        None if head.contains(':') && !later.contains('/') && !head.contains("//") => {
            prefixed(edits, span, &format!("docker.io/library/{inner}"));
        }
        None => known_later(edits, span, &inner),
    }
}

fn prefixed(edits: &mut Edits, span: Range<usize>, name: &str) {
    edits.replace(span.clone(), format!("\"{name}\""));
    edits.changed(span, format!("image is now {name}"));
}

/// A name that nobody knows here is completed by the driver, as Docker does it.
fn known_later(edits: &mut Edits, span: Range<usize>, inner: &str) {
    prefixed(edits, span, &format!("docker://{inner}"));
}

/// An image from a file: `image` names it, and `load` becomes a comment.
fn load_instead(edits: &mut Edits, image: &Attribute, load: &Attribute) -> bool {
    let Some(path) = inner(edits, &load.value) else { return false };
    let span = image.value.span().unwrap_or_default();
    let archive = docker::archive(&path);
    edits.replace(span.clone(), format!("\"{archive}\""));
    edits.check(span, format!("image is now {archive}; the file must hold one image, whatever it is called"));
    let whole = super::options::attribute_span(load);
    edits.changed(whole.clone(), "load is now a part of image");
    edits.comment_out(whole, true);
    true
}
