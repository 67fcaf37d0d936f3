//! A configuration value before it is understood: what msgpack and HCL have in common.

use crate::domain::mapped::Mapped;
use std::collections::BTreeMap;

/// One node of an undecoded configuration.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Absent or explicitly null: both mean "use the default".
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, or too large for [`Value::Int`].
    Float(f64),
    /// Text. Nomad also sends some numbers this way.
    Text(String),
    /// A list, or the blocks of one name.
    List(Vec<Value>),
    /// An object, a map or the body of a block.
    Map(BTreeMap<String, Value>),
    /// Not known before the task runs (an interpolation seen offline). Accepted wherever a value is.
    Unknown,
}

impl Value {
    /// An empty object: every option at its default.
    pub fn empty() -> Self {
        Self::Map(BTreeMap::new())
    }

    /// An object from pairs.
    pub fn object<N: Into<String>>(pairs: impl IntoIterator<Item = (N, Value)>) -> Self {
        Self::Map(pairs.into_iter().map(|(name, value)| (name.into(), value)).mapped())
    }

    /// What kind of value this is, in the words a job author uses.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a bool",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
            Self::Unknown => "an unknown value",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}

impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(items: Vec<V>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}
