//! Makes a raw configuration match its table: types converted, maps merged, defaults filled, rows checked.
//!
//! Lenient where hosts differ (numbers as strings, blocks as lists of objects: Nomad plugin protocol 4.4 and
//! 4.5), strict about meaning. All problems are reported, not the first.

use super::problem::{Problem, Problems};
use super::row::{Default, Kind, OptionRow};
use super::value::Value;
use crate::domain::mapped::Mapped;
use std::collections::BTreeMap;

/// A configuration that satisfies its table: the rows that have a value, each in its row's type.
pub type Checked = BTreeMap<&'static str, Value>;

/// Checks `value` against `table`. Keys without a row are ignored: an older handle or a newer schema may have
/// them, and the host refuses what its own schema does not know.
pub fn check(table: &'static [OptionRow], value: &Value) -> Result<Checked, Problems> {
    let mut problems = Problems::default();
    let checked = check_object(table, "", value, &mut problems);
    problems.or(checked)
}

fn check_object(
    table: &'static [OptionRow],
    prefix: &str,
    value: &Value,
    problems: &mut Problems,
) -> Checked {
    let given = match as_object(prefix, value) {
        Ok(given) => given,
        Err(problem) => {
            // What is missing in what is none need not be told as well.
            problems.0.push(problem);
            return Checked::new();
        }
    };
    // Most options are absent, and each would have its place here.
    let checked = table.iter().map(|row| (row.name, check_row(row, prefix, given.get(row.name), problems)));
    checked.filter(|(_, value)| *value != Value::Null).mapped()
}

fn check_row(row: &'static OptionRow, prefix: &str, given: Option<&Value>, problems: &mut Problems) -> Value {
    match given {
        None | Some(Value::Null) => absent(row, prefix, problems),
        Some(Value::Unknown) => Value::Unknown,
        Some(value) => {
            let path = join(prefix, row.name);
            let known = problems.0.len();
            let value = convert(row, &path, value, problems);
            // A value of the wrong type has been told about; what stands in for it need not be checked.
            if problems.0.len() == known {
                check_elements(row, &path, &value, problems);
            }
            value
        }
    }
}

fn absent(row: &'static OptionRow, prefix: &str, problems: &mut Problems) -> Value {
    // Most options are absent: their path is made up only where it is told.
    let path = || join(prefix, row.name);
    match (row.default, row.kind) {
        (Default::Required, _) => {
            problems.0.push(Problem::new(path(), format!("is required, for example {}", row.example)));
            Value::Null
        }
        (Default::Bool(flag), _) => Value::Bool(flag),
        (Default::Text(text), _) => Value::from(text),
        (Default::Unset, Kind::Block(rows)) => match nested(rows, &path(), &Value::Null, problems) {
            Value::Map(none) if none.is_empty() => Value::Null,
            defaults => defaults,
        },
        (Default::Unset, _) => Value::Null,
    }
}

fn nested(rows: &'static [OptionRow], path: &str, value: &Value, problems: &mut Problems) -> Value {
    let checked = check_object(rows, path, value, problems);
    Value::object(checked)
}

fn convert(row: &'static OptionRow, path: &str, value: &Value, problems: &mut Problems) -> Value {
    match row.kind {
        Kind::Text => problems.note(text(path, value)).into(),
        Kind::Bool => problems.note(boolean(path, value)).into(),
        Kind::Number => problems.note(number(path, value)).into(),
        Kind::TextList => Value::List(list(path, value, problems)),
        Kind::TextOrList => match value {
            Value::List(_) => Value::List(list(path, value, problems)),
            other => problems.note(text_or_list(path, other)).into(),
        },
        Kind::BlockList(rows) => Value::List(blocks(rows, path, value, problems)),
        Kind::TextMap => map(path, value, problems, |path, value| text(path, value).map(Into::into)),
        Kind::NumberMap => map(path, value, problems, |path, value| number(path, value).map(Into::into)),
        Kind::Block(rows) => match single_block(path, value) {
            Ok(body) => nested(rows, path, &body, problems),
            Err(problem) => {
                problems.0.push(problem);
                nested(rows, path, &Value::empty(), problems)
            }
        },
    }
}

fn check_elements(row: &OptionRow, path: &str, value: &Value, problems: &mut Problems) {
    let mut check = |path: String, value: &Value| {
        if let (Err(reason), false) = ((row.check)(value), *value == Value::Unknown) {
            problems.0.push(Problem::new(path, reason));
        }
    };
    let required = matches!(row.default, Default::Required);
    match (row.kind, value) {
        (_, Value::List(items)) => {
            items.iter().enumerate().for_each(|(at, item)| check(format!("{path}[{at}]"), item));
        }
        (Kind::TextMap | Kind::NumberMap, Value::Map(entries)) => {
            entries.iter().for_each(|(name, value)| check(join(path, name), value));
        }
        // An option set to an empty text is one left out: templates of jobs rely on it.
        (_, Value::Text(text)) if text.is_empty() && !required => {}
        (_, other) => check(path.to_owned(), other),
    }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn wrong(path: &str, wanted: &str, value: &Value) -> Problem {
    Problem::new(path, format!("must be {wanted}, not {}", value.kind_name()))
}

fn as_object<'v>(path: &str, value: &'v Value) -> Result<&'v BTreeMap<String, Value>, Problem> {
    static NONE: BTreeMap<String, Value> = BTreeMap::new();
    let path = if path.is_empty() { "config" } else { path };
    match value {
        Value::Map(map) => Ok(map),
        Value::Null | Value::Unknown => Ok(&NONE),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::List(_) => {
            Err(wrong(path, "an object", value))
        }
    }
}

/// A block arrives as an object, or as a list of one by way of HCL.
fn single_block(path: &str, value: &Value) -> Result<Value, Problem> {
    match value {
        Value::List(items) => match items.as_slice() {
            [] => Ok(Value::empty()),
            [one] => Ok(one.clone()),
            _ => Err(Problem::new(path, "may be given once")),
        },
        other => Ok(other.clone()),
    }
}

/// Blocks of one name: a list, or one alone where a host leaves the list out.
fn blocks(rows: &'static [OptionRow], path: &str, value: &Value, problems: &mut Problems) -> Vec<Value> {
    let items = match value {
        Value::List(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let block = |(at, item): (usize, &Value)| match item {
        Value::Unknown => Value::Unknown,
        item => nested(rows, &format!("{path}[{at}]"), item, problems),
    };
    items.iter().enumerate().filter(|(_, item)| **item != Value::Null).map(block).collect()
}

fn text_or_list(path: &str, value: &Value) -> Result<String, Problem> {
    text(path, value).map_err(|_| wrong(path, "a string or a list of strings", value))
}

fn text(path: &str, value: &Value) -> Result<String, Problem> {
    match value {
        Value::Text(text) => Ok(text.clone()),
        Value::Int(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null | Value::List(_) | Value::Map(_) | Value::Unknown => Err(wrong(path, "a string", value)),
    }
}

fn boolean(path: &str, value: &Value) -> Result<bool, Problem> {
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::Text(text) if matches!(text.as_str(), "true" | "1") => Ok(true),
        Value::Text(text) if matches!(text.as_str(), "false" | "0") => Ok(false),
        _ => Err(wrong(path, "true or false", value)),
    }
}

fn number(path: &str, value: &Value) -> Result<i64, Problem> {
    let whole = match value {
        Value::Int(number) => Some(*number),
        Value::Float(number) => whole(*number),
        Value::Text(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Unknown => None,
    };
    whole.ok_or_else(|| match value {
        Value::Text(text) => Problem::new(path, format!("must be a whole number, not {text:?}")),
        Value::Float(number) => Problem::new(path, format!("must be a whole number, not {number}")),
        other => wrong(path, "a whole number", other),
    })
}

/// The integer that a float is, if it is one. 2^53 bounds what a float can say exactly.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// Elements as strings; null elements, which hosts pass on, are left out.
fn list(path: &str, value: &Value, problems: &mut Problems) -> Vec<Value> {
    let Value::List(items) = value else {
        problems.0.push(wrong(path, "a list of strings", value));
        return Vec::new();
    };
    let mut texts = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        match item {
            Value::Null => {}
            Value::Unknown => texts.push(Value::Unknown),
            item => texts.push(problems.note(text(&format!("{path}[{at}]"), item)).into()),
        }
    }
    texts
}

fn map(
    path: &str,
    value: &Value,
    problems: &mut Problems,
    convert: fn(&str, &Value) -> Result<Value, Problem>,
) -> Value {
    let parts = match value {
        Value::List(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    let mut merged = BTreeMap::new();
    for part in parts {
        let entries = as_object(path, part).map_err(|problem| problems.0.push(problem));
        for (name, value) in entries.into_iter().flatten() {
            let converted = match value {
                Value::Unknown => Ok(Value::Unknown),
                value => convert(&join(path, name), value),
            };
            match converted {
                Ok(value) => drop(merged.insert(name.clone(), value)),
                Err(problem) => problems.0.push(problem),
            }
        }
    }
    Value::Map(merged)
}
