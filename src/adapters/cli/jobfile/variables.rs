//! `variable`, `variables` and `locals` blocks, and the values given for them from outside.

use super::evaluator::{Bound, Evaluator};
use super::rewrite::member;
use super::source::{Finding, Source};
use super::vartype::VarType;
use hcl_edit::Span;
use hcl_edit::expr::{Expression, Traversal};
use hcl_edit::structure::{Attribute, Block, Body};
use hcl_edit::visit::{self, Visit};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Prefix of environment variables that set job variables, as for the `nomad` command.
const ENV_PREFIX: &str = "NOMAD_VAR_";

/// What a user gives besides the job file. Later fields win over earlier ones.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The environment; only names with the prefix `NOMAD_VAR_` count.
    pub env: BTreeMap<String, String>,
    /// `-var-file` files, already read.
    pub files: Vec<Arc<Source>>,
    /// `-var` assignments.
    pub vars: Vec<(String, String)>,
    /// Where `file()` looks for relative paths: the directory of the job file.
    pub base_dir: String,
    /// What the job is read for.
    pub purpose: Purpose,
}

/// What a job is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// To be played here and now: everything must have a value.
    #[default]
    Play,
    /// To be judged: values may come later, and elsewhere.
    Judge,
}

struct Declared<'a> {
    name: String,
    span: Range<usize>,
    kind: VarType,
    default: Option<&'a Expression>,
}

/// Declares the variables and locals of `body`.
pub(super) fn read(eval: &mut Evaluator, body: &Body, inputs: &Inputs) {
    let declared = declarations(eval, body);
    let mut given = from_outside(eval, &declared, inputs);
    for variable in &declared {
        match given.remove(&variable.name).or_else(|| default(eval, variable)) {
            Some(value) => drop(eval.vars.insert(variable.name.clone(), value)),
            None => drop(eval.broken.insert(format!("var.{}", variable.name))),
        }
    }
    locals(eval, body);
}

fn declarations<'a>(eval: &mut Evaluator, body: &'a Body) -> Vec<Declared<'a>> {
    let mut declared: Vec<Declared<'a>> =
        body.get_blocks("variable").map(|block| declaration(eval, block)).collect();
    for attribute in body.get_blocks("variables").flat_map(|block| block.body.attributes()) {
        declared.push(Declared {
            name: attribute.key.as_str().to_owned(),
            span: attribute.span().unwrap_or_default(),
            kind: VarType::Any,
            default: Some(&attribute.value),
        });
    }
    declared
}

fn declaration<'a>(eval: &mut Evaluator, block: &'a Block) -> Declared<'a> {
    let span = block.ident.span().unwrap_or_default();
    if block.labels.len() != 1 {
        eval.problem(span.clone(), "a variable block has one label, its name");
    }
    let kind = match block.body.get_attribute("type").map(|attribute| VarType::parse(&attribute.value)) {
        None => VarType::Any,
        Some(Ok(kind)) => kind,
        Some(Err(part)) => {
            let known = "string, number, bool, any, list, set, map, object or tuple";
            eval.problem(part.span().unwrap_or_default(), format!("this is no type; use {known}"));
            VarType::Any
        }
    };
    if let Some(validation) = block.body.get_blocks("validation").next() {
        eval.notice(validation.ident.span().unwrap_or_default(), "variable validation is not checked here");
    }
    Declared {
        name: block.labels.first().map(|label| label.as_str().to_owned()).unwrap_or_default(),
        span,
        kind,
        default: block.body.get_attribute("default").map(|attribute| &attribute.value),
    }
}

fn default(eval: &mut Evaluator, variable: &Declared<'_>) -> Option<hcl::Value> {
    let Some(expr) = variable.default else {
        if eval.purpose == Purpose::Judge {
            return None;
        }
        let name = &variable.name;
        let how = format!("give it with --var {name}=VALUE, --var-file or {ENV_PREFIX}{name}");
        eval.problem(variable.span.clone(), format!("variable {name:?} has no value and no default; {how}"));
        return None;
    };
    let value = eval.eval(expr, &Bound::default())?;
    let converted = variable.kind.convert(value);
    converted.map_err(|why| eval.problem(expr.span().unwrap_or_default(), format!("the default {why}"))).ok()
}

fn from_outside(
    eval: &mut Evaluator,
    declared: &[Declared<'_>],
    inputs: &Inputs,
) -> BTreeMap<String, hcl::Value> {
    let mut given = BTreeMap::new();
    for variable in declared {
        let name = format!("{ENV_PREFIX}{}", variable.name);
        if let Some(text) = inputs.env.get(&name) {
            take_text(eval, variable, &name, text, &mut given);
        }
    }
    inputs.files.iter().for_each(|file| take_file(eval, declared, file, &mut given));
    for (name, text) in &inputs.vars {
        match declared.iter().find(|variable| variable.name == *name) {
            Some(variable) => take_text(eval, variable, &format!("--var {name}"), text, &mut given),
            None => outside(eval, format!("--var {name}: the job has no variable of this name")),
        }
    }
    given
}

fn outside(eval: &mut Evaluator, reason: String) {
    eval.problems.0.push(Finding::new(None, reason));
}

fn take_text(
    eval: &mut Evaluator,
    variable: &Declared<'_>,
    origin: &str,
    text: &str,
    given: &mut BTreeMap<String, hcl::Value>,
) {
    match value_of_text(&variable.kind, text) {
        Ok(value) => drop(given.insert(variable.name.clone(), value)),
        Err(why) => {
            outside(eval, format!("{origin}: {why}"));
            eval.broken.insert(format!("var.{}", variable.name));
        }
    }
}

fn value_of_text(kind: &VarType, text: &str) -> Result<hcl::Value, String> {
    if kind.reads_text() {
        return kind.convert(text.into());
    }
    let source = Source::new("value", text);
    let expr: Expression = text.parse().map_err(|_| format!("{text:?} is no HCL expression"))?;
    let mut eval = Evaluator::new(source, "", Purpose::Play);
    let value = eval.eval(&expr, &Bound::default());
    value.ok_or_else(|| format!("{text:?} cannot be evaluated")).and_then(|value| kind.convert(value))
}

fn take_file(
    eval: &mut Evaluator,
    declared: &[Declared<'_>],
    file: &Arc<Source>,
    given: &mut BTreeMap<String, hcl::Value>,
) {
    let mut inner = Evaluator::new(Arc::clone(file), "", eval.purpose);
    if let Some(body) = super::parse(&mut inner) {
        for attribute in body.attributes() {
            take_assignment(&mut inner, declared, attribute, given);
        }
        for block in body.blocks() {
            inner.problem(block.ident.span().unwrap_or_default(), "a variable file has assignments only");
        }
    }
    eval.problems.0.append(&mut inner.problems.0);
}

fn take_assignment(
    eval: &mut Evaluator,
    declared: &[Declared<'_>],
    attribute: &Attribute,
    given: &mut BTreeMap<String, hcl::Value>,
) {
    let name = attribute.key.as_str();
    let Some(variable) = declared.iter().find(|variable| variable.name == name) else {
        return eval
            .problem(attribute.key.span().unwrap_or_default(), "the job has no variable of this name");
    };
    let Some(value) = eval.eval(&attribute.value, &Bound::default()) else { return };
    match variable.kind.convert(value) {
        Ok(value) => drop(given.insert(name.to_owned(), value)),
        Err(why) => eval.problem(attribute.value.span().unwrap_or_default(), why),
    }
}

/// Evaluates locals in the order in which they need each other.
fn locals(eval: &mut Evaluator, body: &Body) {
    let mut open: Vec<&Attribute> =
        body.get_blocks("locals").flat_map(|block| block.body.attributes()).collect();
    while !open.is_empty() {
        let names: Vec<&str> = open.iter().map(|attribute| attribute.key.as_str()).collect();
        let (ready, waiting): (Vec<&Attribute>, Vec<&Attribute>) =
            open.iter().copied().partition(|attribute| !refers_to_local(attribute, &names));
        if ready.is_empty() {
            for attribute in &waiting {
                let span = attribute.key.span().unwrap_or_default();
                eval.problem(span, "this local refers to itself by way of others");
                eval.broken.insert(format!("local.{}", attribute.key.as_str()));
            }
            return;
        }
        for attribute in ready {
            let name = attribute.key.as_str().to_owned();
            match eval.eval(&attribute.value, &Bound::default()) {
                Some(value) => drop(eval.locals.insert(name, value)),
                None => drop(eval.broken.insert(format!("local.{name}"))),
            }
        }
        open = waiting;
    }
}

/// Whether the value needs one of `names`.
fn refers_to_local(attribute: &Attribute, names: &[&str]) -> bool {
    let mut found = LocalReferences { names, any: false };
    found.visit_expr(&attribute.value);
    found.any
}

struct LocalReferences<'a> {
    names: &'a [&'a str],
    any: bool,
}

impl Visit for LocalReferences<'_> {
    fn visit_traversal(&mut self, node: &Traversal) {
        let local = node.expr.as_variable().is_some_and(|root| root.as_str() == "local");
        let name = node.operators.first().and_then(|operator| member(operator.value()));
        self.any |= local && name.is_some_and(|name| self.names.contains(&name));
        visit::visit_traversal(self, node);
    }
}
