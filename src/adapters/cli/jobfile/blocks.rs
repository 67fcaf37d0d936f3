//! Blocks as they are after `dynamic` ones have been written out, and typed access to their attributes.

use super::evaluator::{Bound, Evaluator, Values};
use super::variables::Purpose;
use super::vartype;
use crate::domain::config::suggest::nearest;
use crate::domain::duration;
use crate::domain::mapped::Mapped;
use hcl_edit::Span;
use hcl_edit::structure::{Attribute, Block, Body};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

/// A block: written as such, or made by a `dynamic` one.
#[derive(Clone)]
pub(super) struct BlockView<'a> {
    /// Its type: `task`.
    pub kind: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// What is between the braces.
    pub body: &'a Body,
    /// Iterators of the dynamic blocks around.
    pub bound: Bound,
    /// Its header, for messages.
    pub span: Range<usize>,
}

impl<'a> BlockView<'a> {
    /// The block as written, seen with the iterators around it.
    pub(super) fn of(block: &'a Block, bound: &Bound) -> Self {
        Self {
            kind: block.ident.as_str().to_owned(),
            labels: block.labels.iter().map(|label| label.as_str().to_owned()).collect(),
            body: &block.body,
            bound: Rc::clone(bound),
            span: header(block),
        }
    }

    /// The only label; a finding if there are none or several.
    pub(super) fn name(&self, eval: &mut Evaluator) -> String {
        if self.labels.len() != 1 {
            eval.problem(self.span.clone(), format!("a {} block has one label, its name", self.kind));
        }
        self.labels.first().cloned().unwrap_or_default()
    }

    /// The blocks inside, dynamic ones written out as far as they are known.
    pub(super) fn children(&self, eval: &mut Evaluator) -> Vec<BlockView<'a>> {
        self.expanded(eval).0
    }

    /// As [`BlockView::children`], and whether there may be more of them.
    fn expanded(&self, eval: &mut Evaluator) -> (Vec<BlockView<'a>>, bool) {
        let (mut children, mut open) = (vec![], false);
        for block in self.body.blocks() {
            if block.has_ident("dynamic") {
                open |= expand(eval, block, &self.bound, &mut children).is_none();
            } else {
                children.push(BlockView::of(block, &self.bound));
            }
        }
        (children, open)
    }
}

fn header(block: &Block) -> Range<usize> {
    let start = block.ident.span().unwrap_or_default();
    let end = block.labels.last().and_then(Span::span).map_or(start.end, |label| label.end);
    start.start..end
}

/// Writes out `dynamic "KIND" { for_each, iterator, labels, content {} }`; `None` if what it makes is not known.
fn expand<'a>(
    eval: &mut Evaluator,
    block: &'a Block,
    bound: &Bound,
    out: &mut Vec<BlockView<'a>>,
) -> Option<()> {
    let span = header(block);
    let Some(kind) = block.labels.first().map(|label| label.as_str().to_owned()) else {
        eval.problem(span, "a dynamic block has one label, the type of the blocks it makes");
        return None;
    };
    let (Some(for_each), Some(content)) =
        (block.body.get_attribute("for_each"), block.body.get_blocks("content").next())
    else {
        eval.problem(span, "a dynamic block needs for_each and a content block");
        return None;
    };
    let items = eval.eval(&for_each.value, bound)?;
    let Some(items) = elements(&items) else {
        let span = for_each.value.span().unwrap_or_default();
        eval.problem(span, format!("for_each must be a list or a map, not {items}"));
        return None;
    };
    let iterator = block.body.get_attribute("iterator").and_then(|it| it.value.as_variable());
    let iterator = iterator.map_or(kind.as_str(), |name| name.as_str()).to_owned();
    for (key, value) in items {
        let mut inner: Values = (**bound).clone();
        inner.insert(iterator.clone(), [("key", key), ("value", value)].into_iter().collect());
        let inner = Rc::new(inner);
        let labels = labels(eval, block, &inner);
        out.push(BlockView {
            kind: kind.clone(),
            labels,
            body: &content.body,
            bound: inner,
            span: span.clone(),
        });
    }
    Some(())
}

fn elements(collection: &hcl::Value) -> Option<Vec<(hcl::Value, hcl::Value)>> {
    match collection {
        hcl::Value::Array(items) => {
            Some(items.iter().enumerate().map(|(at, item)| (at.into(), item.clone())).collect())
        }
        hcl::Value::Object(map) => {
            Some(map.iter().map(|(key, value)| (key.as_str().into(), value.clone())).collect())
        }
        hcl::Value::Null | hcl::Value::Bool(_) | hcl::Value::Number(_) | hcl::Value::String(_) => None,
    }
}

fn labels(eval: &mut Evaluator, block: &Block, bound: &Bound) -> Vec<String> {
    let Some(attribute) = block.body.get_attribute("labels") else { return vec![] };
    let value = eval.eval(&attribute.value, bound).unwrap_or_default();
    value.as_array().into_iter().flatten().map(text_of).collect()
}

/// A string as itself, anything else as HCL shows it.
pub(super) fn text_of(value: &hcl::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Tells about `KIND = …` where only the block `KIND { … }` is read.
fn refuse_attribute(eval: &mut Evaluator, body: &Body, kind: &str) {
    if let Some(attribute) = body.get_attribute(kind) {
        let span = attribute.key.span().unwrap_or_default();
        eval.problem(span, format!("{kind} is a block: write it without the equals sign"));
    }
}

/// Reads the attributes and blocks of one block, and at the end tells about those that nobody asked for.
pub(super) struct Fields<'a, 'e> {
    /// The block.
    pub view: &'e BlockView<'a>,
    /// Where findings go.
    pub eval: &'e mut Evaluator,
    children: Vec<BlockView<'a>>,
    open: bool,
    known: BTreeSet<&'static str>,
}

impl<'a, 'e> Fields<'a, 'e> {
    /// Access to `view`.
    pub(super) fn new(view: &'e BlockView<'a>, eval: &'e mut Evaluator) -> Self {
        let (children, open) = view.expanded(eval);
        Self { view, eval, children, open, known: BTreeSet::new() }
    }

    fn attribute(&mut self, name: &'static str) -> Option<&'a Attribute> {
        self.known.insert(name);
        self.view.body.get_attribute(name)
    }

    /// Where the value of `name` is, or the block's header.
    pub(super) fn span(&self, name: &str) -> Range<usize> {
        let attribute = self.view.body.get_attribute(name);
        attribute.and_then(|attribute| attribute.value.span()).unwrap_or_else(|| self.view.span.clone())
    }

    /// The value of `name`; `None` if absent, null or a finding.
    pub(super) fn value(&mut self, name: &'static str) -> Option<hcl::Value> {
        let attribute = self.attribute(name)?;
        self.eval.eval(&attribute.value, &self.view.bound).filter(|value| *value != hcl::Value::Null)
    }

    /// The value of `name`, converted; what `convert` refuses is a finding.
    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        convert: impl FnOnce(hcl::Value) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.value(name)?;
        let span = self.span(name);
        convert(value).map_err(|why| self.eval.problem(span, format!("{name} {why}"))).ok()
    }

    /// A string.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.read(name, |value| vartype::to_text(&value).map(|value| text_of(&value)))
    }

    /// A bool; false if absent.
    pub(super) fn flag(&mut self, name: &'static str) -> bool {
        let convert =
            |value: hcl::Value| value.as_bool().ok_or_else(|| format!("must be a bool, not {value}"));
        self.read(name, convert).unwrap_or_default()
    }

    /// A whole number.
    pub(super) fn number<T: TryFrom<i64>>(&mut self, name: &'static str) -> Option<T> {
        self.read(name, |value| {
            let number = vartype::to_number(&value)?.as_i64().and_then(|number| T::try_from(number).ok());
            number.ok_or_else(|| format!("cannot be {value}"))
        })
    }

    /// A duration such as `30s`, or nanoseconds.
    pub(super) fn duration(&mut self, name: &'static str) -> Option<Duration> {
        self.read(name, |value| match value.as_u64() {
            Some(nanos) => Ok(Duration::from_nanos(nanos)),
            None => duration::parse(&text_of(&value)).map_err(|error| format!("is no duration: {error}")),
        })
    }

    /// A list of strings; empty if absent.
    pub(super) fn texts(&mut self, name: &'static str) -> Vec<String> {
        let convert = |value: hcl::Value| {
            let items = value.as_array().ok_or_else(|| format!("must be a list of strings, not {value}"))?;
            Ok(items.iter().map(text_of).collect())
        };
        self.read(name, convert).unwrap_or_default()
    }

    /// Names and values of `name { … }` or `name = { … }`.
    pub(super) fn text_map(&mut self, name: &'static str) -> BTreeMap<String, String> {
        let as_attribute = self.read(name, |value| {
            let map = value.as_object().ok_or_else(|| format!("must be a map of strings, not {value}"))?;
            Ok(map.iter().map(|(key, value)| (key.clone(), text_of(value))).mapped())
        });
        let mut map: BTreeMap<String, String> = as_attribute.unwrap_or_default();
        for block in self.blocks(name) {
            for attribute in block.body.attributes() {
                match self.eval.eval(&attribute.value, &block.bound) {
                    None | Some(hcl::Value::Null) => {}
                    Some(value) => drop(map.insert(attribute.key.as_str().to_owned(), text_of(&value))),
                }
            }
        }
        map
    }

    /// Whether dynamic blocks may make more blocks elsewhere, from values that are not known here.
    pub(super) fn may_have_more(&self) -> bool {
        self.eval.purpose == Purpose::Judge && self.view.body.has_blocks("dynamic")
    }

    /// Whether there are dynamic blocks of which nobody knows here what they make.
    pub(super) fn are_open(&self) -> bool {
        self.eval.purpose == Purpose::Judge && self.open
    }

    /// All blocks of a type.
    pub(super) fn blocks(&mut self, kind: &'static str) -> Vec<BlockView<'a>> {
        self.known.insert(kind);
        self.children.iter().filter(|child| child.kind == kind).cloned().collect()
    }

    /// The block of a type that may be there once.
    pub(super) fn block(&mut self, kind: &'static str) -> Option<BlockView<'a>> {
        refuse_attribute(self.eval, self.view.body, kind);
        let mut blocks = self.blocks(kind).into_iter();
        let first = blocks.next();
        if let Some(second) = blocks.next() {
            self.eval.problem(second.span, format!("{kind} may be given once in a {} block", self.view.kind));
        }
        first
    }

    /// Tells about the rest: `ignored` names belong to Nomad and do not matter here, `unplayed` ones change
    /// what the job does, others do not exist.
    pub(super) fn finish(self, ignored: &[&str], unplayed: &[(&str, &str)]) {
        let kind = &self.view.kind;
        let attributes = self.view.body.attributes().map(|it| (it.key.as_str().to_owned(), it.key.span()));
        let blocks = self.children.iter().map(|child| (child.kind.clone(), Some(child.span.clone())));
        for (name, span) in attributes.chain(blocks) {
            let span = span.unwrap_or_else(|| self.view.span.clone());
            if self.known.contains(name.as_str()) || ignored.contains(&name.as_str()) {
                continue;
            }
            match unplayed.iter().find(|(unplayed, _)| *unplayed == name) {
                Some((_, effect)) => self.eval.notice(span, format!("{name} is not played: {effect}")),
                None => {
                    let known = self.known.iter().chain(ignored).copied();
                    let known = known.chain(unplayed.iter().map(|(name, _)| *name));
                    let help = nearest(&name, known).map(|meant| format!("did you mean {meant}?"));
                    let reason = format!("{name} is not known in a {kind} block");
                    self.eval.problem_with_help(span, reason, help);
                }
            }
        }
    }
}
