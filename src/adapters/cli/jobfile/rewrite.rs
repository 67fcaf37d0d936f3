//! Prepares an expression for the HCL library: finds what it refers to, and replaces what only a running task
//! can know by a placeholder that evaluates to its own source text.
//!
//! This is Nomad's own rule: a reference whose root is neither `var`, `local` nor an iterator stays in the
//! value as `${…}` and is evaluated again on the client, with the task's environment.

use super::source::Source;
use hcl_edit::expr::{Expression, ForExpr, FuncCall, Traversal, TraversalOperator};
use hcl_edit::template::ForTemplateExpr;
use hcl_edit::visit_mut::{self, VisitMut};
use hcl_edit::{Decorated, Ident, Span};
use std::ops::Range;

/// What the rewriting needs to know about names.
pub(super) trait Names {
    /// Whether `name` is bound: an iterator of a `dynamic` block.
    fn is_bound(&self, name: &str) -> bool;
    /// Why `root.name` cannot be used, if so: `root` is `var` or `local`.
    fn missing(&self, root: &str, name: &str) -> Missing;
    /// Whether there is such a function.
    fn is_function(&self, name: &str) -> bool;
}

/// Whether a `var.x` or `local.x` has a value.
pub(super) enum Missing {
    /// It has.
    No,
    /// It is not declared; the names that are.
    Undeclared(Vec<String>),
    /// It is, but its own value is already a finding.
    Told,
}

/// The visitor, and what it found.
pub(super) struct Rewrite<'a, N> {
    names: &'a N,
    source: &'a Source,
    base_dir: &'a str,
    locals: Vec<String>,
    /// Source text of the `n`th placeholder, see [`placeholder`].
    pub runtime: Vec<String>,
    /// What cannot be evaluated, and where.
    pub problems: Vec<(Range<usize>, String)>,
    /// Names that are not known here, and where.
    pub unknown: Vec<(Range<usize>, String)>,
    /// The value depends on one that is already a finding.
    pub told: bool,
    /// The value is made by a function, among others.
    pub calls: bool,
}

/// Name of the variable that stands for the `n`th run-time reference.
pub(super) fn placeholder(n: usize) -> String {
    format!("__runtime_{n}")
}

impl<'a, N: Names> Rewrite<'a, N> {
    pub(super) fn new(names: &'a N, source: &'a Source, base_dir: &'a str) -> Self {
        Self {
            names,
            source,
            base_dir,
            locals: vec![],
            runtime: vec![],
            problems: vec![],
            unknown: vec![],
            told: false,
            calls: false,
        }
    }

    fn is_known_root(&self, name: &str) -> bool {
        matches!(name, "var" | "local")
            || self.names.is_bound(name)
            || self.locals.iter().any(|local| local == name)
    }

    fn keep_for_runtime(&mut self, expr: &mut Expression) {
        let text = expr.span().and_then(|span| self.source.text.get(span)).unwrap_or_default();
        let name = placeholder(self.runtime.len());
        self.runtime.push(format!("${{{}}}", text.trim()));
        *expr = Expression::Variable(Decorated::new(Ident::new_sanitized(name)));
    }

    fn check_reference(&mut self, span: Option<Range<usize>>, root: &str, traversal: &Traversal) {
        let Some(name) = traversal.operators.first().and_then(|operator| member(operator.value())) else {
            return;
        };
        match self.names.missing(root, name) {
            Missing::No => {}
            Missing::Told => self.told = true,
            Missing::Undeclared(known) => {
                self.unknown.push((span.unwrap_or_default(), undeclared(root, name, &known)));
            }
        }
    }

    fn check_function(&mut self, call: &mut FuncCall) {
        let name = call.name.name.as_str().to_owned();
        if call.name.is_namespaced() || !self.names.is_function(&name) {
            let known = super::functions::NAMES.join(", ");
            let span = call.span().unwrap_or_default();
            self.unknown.push((span, format!("function {name} is not known here; these are: {known}")));
        } else if name == "file" {
            // Relative paths are meant from the job file, and a function cannot know where that is.
            call.args.insert(0, self.base_dir);
        }
    }

    fn with_locals(&mut self, names: [Option<&Decorated<Ident>>; 2], inside: impl FnOnce(&mut Self)) {
        let before = self.locals.len();
        self.locals.extend(names.into_iter().flatten().map(|ident| ident.as_str().to_owned()));
        inside(self);
        self.locals.truncate(before);
    }
}

/// The name that an access such as `.name` or `["name"]` asks for.
pub(super) fn member(operator: &TraversalOperator) -> Option<&str> {
    match operator {
        TraversalOperator::GetAttr(ident) => Some(ident.as_str()),
        TraversalOperator::Index(index) => index.as_str(),
        TraversalOperator::AttrSplat(_)
        | TraversalOperator::FullSplat(_)
        | TraversalOperator::LegacyIndex(_) => None,
    }
}

fn undeclared(root: &str, name: &str, known: &[String]) -> String {
    let block = if root == "var" { format!("variable {name:?}") } else { "locals".to_owned() };
    let have =
        if known.is_empty() { "there are none".to_owned() } else { format!("known: {}", known.join(", ")) };
    format!("{root}.{name} is not declared in a {block} block; {have}")
}

impl<N: Names> VisitMut for Rewrite<'_, N> {
    fn visit_expr_mut(&mut self, expr: &mut Expression) {
        let variable = expr.as_variable();
        let variable = variable.or_else(|| expr.as_traversal().and_then(|it| it.expr.as_variable()));
        let root = variable.map(|name| name.as_str().to_owned());
        match root {
            Some(root) if !self.is_known_root(&root) => return self.keep_for_runtime(expr),
            Some(root) if matches!(root.as_str(), "var" | "local") => {
                let span = expr.span();
                if let Expression::Traversal(traversal) = expr {
                    self.check_reference(span, &root, traversal);
                }
            }
            _ => {}
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_func_call_mut(&mut self, call: &mut FuncCall) {
        self.calls = true;
        self.check_function(call);
        visit_mut::visit_func_call_mut(self, call);
    }

    fn visit_for_expr_mut(&mut self, node: &mut ForExpr) {
        self.visit_expr_mut(&mut node.intro.collection_expr);
        let (key, value) = (node.intro.key_var.clone(), node.intro.value_var.clone());
        self.with_locals([key.as_ref(), Some(&value)], |this| {
            node.key_expr.iter_mut().for_each(|key| this.visit_expr_mut(key));
            this.visit_expr_mut(&mut node.value_expr);
            node.cond.iter_mut().for_each(|cond| this.visit_expr_mut(&mut cond.expr));
        });
    }

    fn visit_for_template_expr_mut(&mut self, node: &mut ForTemplateExpr) {
        self.visit_expr_mut(&mut node.collection_expr);
        let (key, value) = (node.key_var.clone(), node.value_var.clone());
        self.with_locals([key.as_ref(), Some(&value)], |this| this.visit_template_mut(&mut node.template));
    }
}
