//! The plugin block in the configuration of a Nomad agent, in each form that the agent's older HCL takes for a block:
//! `plugin "x" { … }`, `plugin = { x = { … } }`, and JSON.

use super::blocks::BlockView;
use super::config;
use super::evaluator::{Bound, Evaluator};
use super::model::TaskConfigBlock;
use hcl_edit::Span;
use hcl_edit::expr::{Expression, Object, ObjectKey};
use hcl_edit::structure::{Block, Body};

/// A part of the file between braces.
#[derive(Clone, Copy)]
enum Part<'a> {
    Block(&'a Block),
    Body(&'a Body),
    Object(&'a Expression, &'a Object),
}

/// The `config` of the plugin of this name; `None` if there is none, or none that can be read, which is a problem.
pub(super) fn plugin(eval: &mut Evaluator, name: &str) -> Option<TaskConfigBlock> {
    if eval.source().text.trim_start().starts_with('{') {
        let json = json(eval)?;
        return found(eval, part(&json)?, name);
    }
    let body = super::parse(eval)?;
    found(eval, Part::Body(&body), name)
}

/// A JSON object is an object of HCL as well. Its parser takes no white space before it.
fn json(eval: &mut Evaluator) -> Option<Expression> {
    let source = std::sync::Arc::clone(eval.source());
    if !source.text.starts_with('{') {
        eval.problem(0..1, "this is JSON, which must begin at the first character of the file");
        return None;
    }
    hcl_edit::parser::parse_expr(source.text.trim_end())
        .map_err(|error| {
            let at = error.location().offset().min(source.text.len());
            eval.problem(at..at + 1, error.message());
        })
        .ok()
}

fn found<'a>(eval: &mut Evaluator, file: Part<'a>, name: &'a str) -> Option<TaskConfigBlock> {
    let plugins = inside(eval, file, "plugin");
    let labelled = plugins.iter().find(|part| label(**part) == Some(name)).copied();
    let plugin = labelled.or_else(|| {
        let unlabelled = plugins.iter().filter(|part| label(**part).is_none());
        unlabelled.flat_map(|part| inside(eval, *part, name)).next()
    })?;
    let config = inside(eval, plugin, "config").into_iter().next()?;
    Some(match config {
        Part::Block(block) => config::read(eval, &BlockView::of(block, &Bound::default())),
        Part::Object(whole, _) => config::read_object(eval, whole),
        Part::Body(_) => return None,
    })
}

fn label(part: Part<'_>) -> Option<&str> {
    match part {
        Part::Block(block) => block.labels.first().map(|label| label.as_str()),
        Part::Body(_) | Part::Object(..) => None,
    }
}

fn part(expr: &Expression) -> Option<Part<'_>> {
    expr.as_object().map(|object| Part::Object(expr, object))
}

/// The parts called `name` in `around`. What is called so and is no part is a problem.
fn inside<'a>(eval: &mut Evaluator, around: Part<'a>, name: &'a str) -> Vec<Part<'a>> {
    let body = match around {
        Part::Object(_, object) => {
            let value = object.iter().find(|(key, _)| called(key, name)).map(|(_, value)| value.expr());
            return value.map(|expr| parts(eval, expr, name)).unwrap_or_default();
        }
        Part::Block(block) => &block.body,
        Part::Body(body) => body,
    };
    let attribute = body.get_attribute(name).map(|attribute| parts(eval, &attribute.value, name));
    body.get_blocks(name).map(Part::Block).chain(attribute.unwrap_or_default()).collect()
}

fn called(key: &ObjectKey, name: &str) -> bool {
    match key {
        ObjectKey::Ident(ident) => ident.as_str() == name,
        ObjectKey::Expression(Expression::Variable(ident)) => ident.as_str() == name,
        ObjectKey::Expression(expr) => expr.as_str() == Some(name),
    }
}

/// An object, or each of a list of them.
fn parts<'a>(eval: &mut Evaluator, expr: &'a Expression, name: &str) -> Vec<Part<'a>> {
    let items = expr.as_array().map(|items| items.iter().map(part).collect::<Option<Vec<_>>>());
    let parts = items.unwrap_or_else(|| part(expr).map(|part| vec![part]));
    parts.unwrap_or_else(|| {
        let span = expr.span().unwrap_or_default();
        eval.problem(span, format!("{name} is a block: write {name} {{ … }}"));
        vec![]
    })
}
