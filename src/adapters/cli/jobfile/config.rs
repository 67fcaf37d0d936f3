//! The `config` block of a task as the value that Nomad would send to the driver.
//!
//! Blocks and object literals become lists of objects, repeated blocks one list, labels one object per label,
//! null attributes nothing (Nomad plugin protocol, 4.2).

use super::blocks::BlockView;
use super::evaluator::{Bound, Evaluator};
use super::model::{Spans, TaskConfigBlock};
use crate::domain::config::Value;
use crate::domain::mapped::Mapped;
use hcl_edit::Span;
use hcl_edit::expr::{Array, Expression, Object, ObjectKey};
use std::collections::BTreeMap;
use std::iter;
use std::ops::Range;
use std::sync::Arc;

/// Where values and names are, by path.
#[derive(Default)]
struct SpanTable {
    values: BTreeMap<String, Range<usize>>,
    names: BTreeMap<String, Range<usize>>,
}

impl SpanTable {
    fn around(span: Range<usize>) -> Self {
        Self { values: iter::once((String::new(), span)).mapped(), names: BTreeMap::new() }
    }

    fn of(self, eval: &Evaluator) -> Spans {
        Spans { source: Arc::clone(eval.source()), by_path: self.values, names: self.names }
    }

    /// Blocks of one kind are merged where their option is a map: what is in a later one is known under the
    /// path without its number too.
    fn alias(&mut self, numbered: &str, plain: &str) {
        for table in [&mut self.values, &mut self.names] {
            let inside =
                table.range(numbered.to_owned()..).take_while(|(path, _)| path.starts_with(numbered));
            let named = |(path, span): (&String, &Range<usize>)| {
                (format!("{plain}{}", &path[numbered.len()..]), span.clone())
            };
            for (path, span) in inside.map(named).collect::<Vec<_>>() {
                table.entry(path).or_insert(span);
            }
        }
    }
}

/// Reads a block; findings go to `eval`.
pub(super) fn read(eval: &mut Evaluator, block: &BlockView<'_>) -> TaskConfigBlock {
    let mut spans = SpanTable::around(block.span.clone());
    let value = body(eval, block, "", &mut spans);
    TaskConfigBlock { value, spans: spans.of(eval) }
}

/// Reads an object in the place of a block; findings go to `eval`.
pub(super) fn read_object(eval: &mut Evaluator, object: &Expression) -> TaskConfigBlock {
    let mut spans = SpanTable::default();
    let value = expression(eval, object, &Bound::default(), "", &mut spans);
    TaskConfigBlock { value, spans: spans.of(eval) }
}

/// What a task without a `config` block has.
pub(super) fn absent(eval: &Evaluator, task: &BlockView<'_>) -> TaskConfigBlock {
    TaskConfigBlock { value: Value::empty(), spans: SpanTable::around(task.span.clone()).of(eval) }
}

fn body(eval: &mut Evaluator, block: &BlockView<'_>, prefix: &str, spans: &mut SpanTable) -> Value {
    let mut map = BTreeMap::new();
    for attribute in block.body.attributes() {
        let name = attribute.key.as_str();
        let path = join(prefix, name);
        spans.names.insert(path.clone(), attribute.key.span().unwrap_or_default());
        let value = expression(eval, &attribute.value, &block.bound, &path, spans);
        let wrapped = match (&attribute.value, value) {
            (_, Value::Null) => continue,
            (Expression::Object(_), object) => Value::List(vec![object]),
            (_, value) => value,
        };
        map.insert(name.to_owned(), wrapped);
    }
    for child in block.children(eval) {
        let plain = join(prefix, &child.kind);
        let path = match map.get(&child.kind) {
            Some(Value::List(blocks)) => format!("{plain}[{}]", blocks.len()),
            _ => plain.clone(),
        };
        spans.values.entry(path.clone()).or_insert_with(|| child.span.clone());
        let value = labelled(&child.labels, body(eval, &child, &path, spans));
        if path != plain {
            spans.alias(&path, &plain);
        }
        if let Value::List(blocks) = map.entry(child.kind.clone()).or_insert_with(|| Value::List(vec![])) {
            blocks.push(value);
        } else {
            eval.problem(child.span.clone(), format!("{} is given as an attribute as well", child.kind));
        }
    }
    Value::Map(map)
}

fn labelled(labels: &[String], body: Value) -> Value {
    labels.iter().rev().fold(body, |inner, label| Value::object([(label, Value::List(vec![inner]))]))
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

/// Lists and objects are walked, so that each of their values has its own place and its own finding.
fn expression(
    eval: &mut Evaluator,
    expr: &Expression,
    bound: &Bound,
    path: &str,
    spans: &mut SpanTable,
) -> Value {
    spans.values.insert(path.to_owned(), expr.span().unwrap_or_default());
    if let Some(items) = expr.as_array() {
        array(eval, items, bound, path, spans)
    } else if let Some(object) = expr.as_object() {
        entries(eval, object, bound, path, spans)
    } else {
        // What has been told already must not be told again as missing.
        eval.eval(expr, bound).map_or(Value::Unknown, from_hcl)
    }
}

fn array(eval: &mut Evaluator, items: &Array, bound: &Bound, path: &str, spans: &mut SpanTable) -> Value {
    let item = |(at, item)| expression(eval, item, bound, &format!("{path}[{at}]"), spans);
    Value::List(items.iter().enumerate().map(item).collect())
}

fn entries(eval: &mut Evaluator, object: &Object, bound: &Bound, path: &str, spans: &mut SpanTable) -> Value {
    let mut map = BTreeMap::new();
    for (key, value) in object.iter() {
        let Some(name) = key_name(eval, key, bound) else { continue };
        let path = join(path, &name);
        spans.names.insert(path.clone(), key_span(key));
        let value = expression(eval, value.expr(), bound, &path, spans);
        if value != Value::Null {
            map.insert(name, value);
        }
    }
    Value::Map(map)
}

fn key_span(key: &ObjectKey) -> Range<usize> {
    let span = match key {
        ObjectKey::Ident(ident) => ident.span(),
        ObjectKey::Expression(expr) => expr.span(),
    };
    span.unwrap_or_default()
}

fn key_name(eval: &mut Evaluator, key: &ObjectKey, bound: &Bound) -> Option<String> {
    match key {
        ObjectKey::Ident(ident) => Some(ident.as_str().to_owned()),
        ObjectKey::Expression(Expression::Variable(ident)) => Some(ident.as_str().to_owned()),
        ObjectKey::Expression(expr) => eval.eval(expr, bound).map(|value| super::blocks::text_of(&value)),
    }
}

/// The same value in the domain's words.
fn from_hcl(value: hcl::Value) -> Value {
    match value {
        hcl::Value::Null => Value::Null,
        hcl::Value::Bool(flag) => Value::Bool(flag),
        hcl::Value::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        hcl::Value::String(text) => Value::Text(text),
        hcl::Value::Array(items) => Value::List(items.into_iter().map(from_hcl).collect()),
        hcl::Value::Object(map) => {
            let pairs = map.into_iter().map(|(name, value)| (name, from_hcl(value)));
            Value::Map(pairs.filter(|(_, value)| *value != Value::Null).mapped())
        }
    }
}
