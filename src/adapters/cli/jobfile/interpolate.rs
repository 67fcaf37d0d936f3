//! `${…}` that only the node knows: evaluated when a task starts, as Nomad's client does.

use crate::domain::config::{Problem, Problems, Value};
use crate::domain::mapped::Mapped;
use std::collections::BTreeMap;

/// What is known when a task starts.
#[derive(Debug, Clone, Default)]
pub struct RuntimeVars {
    /// By reference: `NOMAD_PORT_db`, `env.PATH`, `attr.kernel.name`, `node.datacenter`, `meta.rack`.
    pub known: BTreeMap<String, String>,
    /// Nothing is known yet, but what may be known later is accepted.
    offline: bool,
}

impl RuntimeVars {
    /// For a task that starts now.
    pub fn new(known: BTreeMap<String, String>) -> Self {
        Self { known, offline: false }
    }

    /// For a task that is only looked at.
    pub fn offline() -> Self {
        Self { known: BTreeMap::new(), offline: true }
    }

    /// Whether somebody may know `reference` when the task starts.
    fn may_be_known(&self, reference: &str) -> bool {
        let families = ["NOMAD_", "env.", "attr.", "meta.", "node."];
        self.offline && families.iter().any(|family| normal(reference).starts_with(family))
    }

    /// `text` with its references replaced.
    ///
    /// # Errors
    /// The references that nobody knows.
    pub fn text(&self, text: &str) -> Result<String, Vec<String>> {
        let mut unknown = vec![];
        let out = replace(text, |reference| {
            let found = self.known.get(&normal(reference)).cloned();
            if found.is_none() {
                unknown.push(reference.to_owned());
            }
            found
        });
        if unknown.is_empty() { Ok(out) } else { Err(unknown) }
    }

    /// As [`RuntimeVars::text`], but unknown references stay as they are: what Nomad does in `env`.
    pub fn lenient(&self, text: &str) -> String {
        replace(text, |reference| self.known.get(&normal(reference)).cloned())
    }

    /// A `config` value with all its references replaced, and every reference that nobody knows, with the path
    /// of its option. What holds one of those is [`Value::Unknown`], so that the rest can still be checked.
    pub fn config(&self, value: &Value) -> (Value, Problems) {
        let mut problems = Problems::default();
        let value = self.walk(value, "", &mut problems);
        (value, problems)
    }

    fn walk(&self, value: &Value, path: &str, problems: &mut Problems) -> Value {
        match value {
            Value::Text(text) => match self.text(text) {
                Ok(text) => Value::Text(text),
                Err(unknown) => {
                    let unknown = unknown.iter().filter(|reference| !self.may_be_known(reference));
                    problems.0.extend(unknown.map(|reference| Problem::new(path, why(reference))));
                    Value::Unknown
                }
            },
            Value::List(items) => {
                let walk = |(at, item)| self.walk(item, &item_path(path, at, item), problems);
                Value::List(items.iter().enumerate().map(walk).collect())
            }
            Value::Map(map) => {
                let walk = |(name, value): (&String, &Value)| {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    (name.clone(), self.walk(value, &path, problems))
                };
                Value::Map(map.iter().map(walk).mapped())
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Unknown => value.clone(),
        }
    }
}

/// Blocks and objects are lists of objects to Nomad, but `port_map.db` to a person.
fn item_path(path: &str, at: usize, item: &Value) -> String {
    if matches!(item, Value::Map(_)) { path.to_owned() } else { format!("{path}[{at}]") }
}

fn why(reference: &str) -> String {
    format!("${{{reference}}} is not known when the task starts; NOMAD_…, env, attr, meta and node are")
}

/// `env["X"]` and `env.X` are the same.
fn normal(reference: &str) -> String {
    reference.trim().replace("[\"", ".").replace("\"]", "")
}

/// Replaces each `${reference}` that `lookup` knows; `$${` becomes `${`.
fn replace(text: &str, mut lookup: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = &from[2..];
            continue;
        }
        out.push_str(before);
        let Some(end) = from.find('}') else {
            rest = from;
            break;
        };
        let (whole, tail) = from.split_at(end + 1);
        match lookup(&whole[2..end]) {
            Some(value) => out.push_str(&value),
            None => out.push_str(whole),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars() -> RuntimeVars {
        let pairs = [("NOMAD_PORT_db", "6379"), ("env.HOME", "/root"), ("attr.kernel.name", "linux")];
        RuntimeVars::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    #[test]
    fn references_are_replaced_wherever_they_stand() {
        assert_eq!(vars().text("a ${NOMAD_PORT_db}-${ attr.kernel.name }"), Ok("a 6379-linux".into()));
        assert_eq!(vars().text("${env[\"HOME\"]}${env.HOME}"), Ok("/root/root".into()));
        assert_eq!(vars().text("$${NOMAD_PORT_db} ${"), Ok("${NOMAD_PORT_db} ${".into()));
    }

    #[test]
    fn all_unknown_references_are_told_with_their_path() {
        let port_map = Value::List(vec![Value::object([("db", Value::from("${x}"))])]);
        let args = Value::from(vec!["ok", "${y} ${z}"]);
        let value = Value::object([("args", args), ("port_map", port_map)]);
        let (value, problems) = vars().config(&value);
        assert!(matches!(value, Value::Map(map) if map["port_map"] != Value::Unknown));
        let paths: Vec<&str> = problems.0.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["args[1]", "args[1]", "port_map.db"]);
    }

    #[test]
    fn offline_only_what_nobody_can_ever_know_is_a_problem() {
        let value = Value::object(
            [("image", "a:${NOMAD_META_tag}"), ("command", "${vra.x}")].map(|(k, v)| (k, v.into())),
        );
        let (value, problems) = RuntimeVars::offline().config(&value);
        assert_eq!(value, Value::object([("image", Value::Unknown), ("command", Value::Unknown)]));
        assert_eq!(problems.0.len(), 1);
    }

    #[test]
    fn leniently_unknown_references_stay() {
        assert_eq!(vars().lenient("${PATH}:${env.HOME}"), "${PATH}:/root");
    }
}
