//! Evaluates the expressions of one file, and collects what is wrong with them.

use super::functions;
use super::rewrite::{Missing, Names, Rewrite, placeholder};
use super::source::{Finding, Findings, Place, Rule, Source};
use super::variables::Purpose;
use hcl::eval::{Context, Evaluate};
use hcl_edit::expr::Expression;
use hcl_edit::visit_mut::VisitMut;
use hcl_edit::{Ident, Span};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

/// Values by name.
pub(super) type Values = BTreeMap<String, hcl::Value>;

/// Iterators of the `dynamic` blocks around an expression.
pub(super) type Bound = Rc<Values>;

/// State of one reading.
pub(super) struct Evaluator {
    source: Arc<Source>,
    base_dir: String,
    functions: Context<'static>,
    /// What the file is read for.
    pub purpose: Purpose,
    /// Values of `var`.
    pub vars: Values,
    /// Values of `local`.
    pub locals: Values,
    /// `var.x` and `local.x` that are declared, but whose value is a finding.
    pub broken: BTreeSet<String>,
    /// What makes the file unusable.
    pub problems: Findings,
    /// What a person should know.
    pub notices: Findings,
}

impl Evaluator {
    /// Nothing read yet. `base_dir` is where `file()` looks for relative paths.
    pub(super) fn new(source: Arc<Source>, base_dir: &str, purpose: Purpose) -> Self {
        Self {
            source,
            base_dir: base_dir.to_owned(),
            functions: functions::context(),
            purpose,
            vars: Values::new(),
            locals: Values::new(),
            broken: BTreeSet::new(),
            problems: Findings::default(),
            notices: Findings::default(),
        }
    }

    /// The file being read.
    pub(super) fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// A problem at a part of this file.
    pub(super) fn problem(&mut self, span: Range<usize>, reason: impl Into<String>) {
        let finding = self.finding(span, reason.into());
        self.problems.0.push(finding);
    }

    /// A notice at a part of this file.
    pub(super) fn notice(&mut self, span: Range<usize>, reason: impl Into<String>) {
        let finding = self.finding(span, reason.into()).of(Rule::NotPlayed);
        self.notices.0.push(finding);
    }

    /// A problem with what would be better.
    pub(super) fn problem_with_help(&mut self, span: Range<usize>, reason: String, help: Option<String>) {
        let finding = self.finding(span, reason).with_help(help);
        self.problems.0.push(finding);
    }

    fn finding(&self, span: Range<usize>, reason: String) -> Finding {
        Finding::new(Some(Place { source: Arc::clone(&self.source), span }), reason)
    }

    /// The value of `expr`; `None` once its problems have been told.
    pub(super) fn eval(&mut self, expr: &Expression, bound: &Bound) -> Option<hcl::Value> {
        if let Some(value) = literal(expr) {
            return Some(value);
        }
        let span = expr.span().unwrap_or_default();
        let mut expr = expr.clone();
        let scope = Scope { evaluator: self, bound };
        let mut rewrite = Rewrite::new(&scope, &self.source, &self.base_dir);
        rewrite.visit_expr_mut(&mut expr);
        let Rewrite { runtime, problems, unknown, told, calls, .. } = rewrite;
        if !problems.is_empty() || !unknown.is_empty() || told {
            problems.into_iter().for_each(|(span, reason)| self.problem(span, reason));
            self.unknown(unknown);
            return None;
        }
        let result = hcl::Expression::from(expr).evaluate(&self.context(bound, runtime, calls));
        result.map_err(|error| self.problem(span, without_placeholders(error.kind()))).ok()
    }

    /// Names that only Nomad may know: when a job is judged, what they stand for is unknown, not wrong.
    fn unknown(&mut self, names: Vec<(Range<usize>, String)>) {
        for (span, reason) in names {
            match self.purpose {
                Purpose::Play => self.problem(span, reason),
                Purpose::Judge => {
                    let finding = self.finding(span, reason).of(Rule::Unknown);
                    self.notices.0.push(finding);
                }
            }
        }
    }

    /// Functions only where one is called: all of them are copied.
    fn context(&self, bound: &Bound, runtime: Vec<String>, calls: bool) -> Context<'static> {
        let mut context = if calls { self.functions.clone() } else { Context::new() };
        context.declare_var(Ident::new_sanitized("var"), object(&self.vars));
        context.declare_var(Ident::new_sanitized("local"), object(&self.locals));
        for (name, value) in bound.iter() {
            context.declare_var(Ident::new_sanitized(name), value.clone());
        }
        for (n, text) in runtime.into_iter().enumerate() {
            context.declare_var(Ident::new_sanitized(placeholder(n)), text);
        }
        context
    }
}

/// What needs no evaluation: most of a job file, and each context to evaluate in has all functions and variables.
fn literal(expr: &Expression) -> Option<hcl::Value> {
    let text = expr.as_str().map(hcl::Value::from);
    text.or_else(|| expr.as_bool().map(hcl::Value::Bool))
        .or_else(|| expr.as_number().cloned().map(hcl::Value::Number))
}

/// Only the kind of the library's error: its expression shows our placeholders instead of the user's text.
fn without_placeholders(kind: &hcl::eval::ErrorKind) -> String {
    format!("cannot be evaluated: {kind}")
}

fn object(values: &Values) -> hcl::Value {
    hcl::Value::Object(values.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
}

struct Scope<'a> {
    evaluator: &'a Evaluator,
    bound: &'a Bound,
}

impl Names for Scope<'_> {
    fn is_bound(&self, name: &str) -> bool {
        self.bound.contains_key(name)
    }

    fn missing(&self, root: &str, name: &str) -> Missing {
        let values = if root == "var" { &self.evaluator.vars } else { &self.evaluator.locals };
        if values.contains_key(name) {
            Missing::No
        } else if self.evaluator.broken.contains(&format!("{root}.{name}")) {
            Missing::Told
        } else {
            Missing::Undeclared(values.keys().cloned().collect())
        }
    }

    fn is_function(&self, name: &str) -> bool {
        functions::NAMES.contains(&name)
    }
}
