//! Takes typed fields out of a checked configuration. Types were settled by [`super::check`]; what is null or
//! unknown reads as absent.

use super::value::Value;
use std::collections::BTreeMap;

/// Read access to one checked object.
#[derive(Clone, Copy)]
pub struct Reader<'a, K: Ord>(pub &'a BTreeMap<K, Value>);

impl<K: Ord + std::borrow::Borrow<str>> Reader<'_, K> {
    /// The text of `name`.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    /// The bool of `name`; false when absent.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Value::Bool(true)))
    }

    /// The number of `name`.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.0.get(name) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        }
    }

    /// The known elements of the list `name`.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let Some(Value::List(items)) = self.0.get(name) else { return Vec::new() };
        items.iter().filter_map(as_text).collect()
    }

    /// The map of numbers `name`.
    pub fn numbers(&self, name: &str) -> BTreeMap<String, i64> {
        let Some(Value::Map(map)) = self.0.get(name) else { return BTreeMap::new() };
        let number = |value: &Value| if let Value::Int(number) = value { Some(*number) } else { None };
        map.iter().filter_map(|(name, value)| Some((name.clone(), number(value)?))).collect()
    }

    /// The map of strings `name`.
    pub fn text_map(&self, name: &str) -> BTreeMap<String, String> {
        let Some(Value::Map(map)) = self.0.get(name) else { return BTreeMap::new() };
        map.iter().filter_map(|(name, value)| Some((name.clone(), as_text(value)?))).collect()
    }

    /// The block `name`; empty when absent.
    pub fn block(&self, name: &str) -> BTreeMap<String, Value> {
        match self.0.get(name) {
            Some(Value::Map(map)) => map.clone(),
            _ => BTreeMap::new(),
        }
    }
}

fn as_text(value: &Value) -> Option<String> {
    if let Value::Text(text) = value { Some(text.clone()) } else { None }
}
