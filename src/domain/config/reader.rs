//! Takes typed fields out of a checked configuration. Types were settled by [`super::check`]; what is null or
//! unknown reads as absent.

use super::value::Value;
use crate::domain::mapped::Mapped;
use std::collections::BTreeMap;

/// Read access to one checked object.
pub struct Reader<'a, K: Ord>(pub &'a BTreeMap<K, Value>);

// Derived, both would ask for keys that can be copied.
impl<K: Ord> Clone for Reader<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Ord> Copy for Reader<'_, K> {}

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

    /// The text of `name` unless it is empty, which is as good as absent.
    pub fn filled(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// The text of `name` through a parser that its row's check has already run.
    pub fn parsed<T, E>(&self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        self.filled(name).and_then(|text| parse(&text).ok())
    }

    /// The bool of `name`, if one was given.
    pub fn given_flag(&self, name: &str) -> Option<bool> {
        match self.0.get(name) {
            Some(Value::Bool(flag)) => Some(*flag),
            _ => None,
        }
    }

    /// The known elements of the list `name`; a text alone counts as a list of one.
    pub fn texts(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::List(items)) => items.iter().filter_map(as_text).collect(),
            Some(Value::Text(text)) if !text.is_empty() => vec![text.clone()],
            _ => Vec::new(),
        }
    }

    /// The list `name`, if one was given: an empty one is not the same as none.
    pub fn given_texts(&self, name: &str) -> Option<Vec<String>> {
        matches!(self.0.get(name), Some(Value::List(_))).then(|| self.texts(name))
    }

    /// The list `name` through a parser that its row's check has already run.
    pub fn parsed_list<T, E>(&self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Vec<T> {
        self.texts(name).iter().filter_map(|text| parse(text).ok()).collect()
    }

    /// The blocks `name`.
    pub fn blocks(&self, name: &str) -> Vec<BTreeMap<String, Value>> {
        let Some(Value::List(items)) = self.0.get(name) else { return Vec::new() };
        let body = |item: &Value| if let Value::Map(map) = item { Some(map.clone()) } else { None };
        items.iter().filter_map(body).collect()
    }

    /// The map of numbers `name`.
    pub fn numbers(&self, name: &str) -> BTreeMap<String, i64> {
        let Some(Value::Map(map)) = self.0.get(name) else { return BTreeMap::new() };
        let number = |value: &Value| if let Value::Int(number) = value { Some(*number) } else { None };
        map.iter().filter_map(|(name, value)| Some((name.clone(), number(value)?))).mapped()
    }

    /// The map of strings `name`.
    pub fn text_map(&self, name: &str) -> BTreeMap<String, String> {
        let Some(Value::Map(map)) = self.0.get(name) else { return BTreeMap::new() };
        map.iter().filter_map(|(name, value)| Some((name.clone(), as_text(value)?))).mapped()
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
