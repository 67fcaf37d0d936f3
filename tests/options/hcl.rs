//! HCL as Nomad hands it to a driver: blocks and literal objects become lists of objects.

use hcl::{Body, Expression, Structure};
use nomad_driver_podman::domain::config::Value;
use std::collections::BTreeMap;

/// The value of a piece of configuration.
pub fn value(text: &str) -> Value {
    body(&hcl::parse(text).unwrap_or_else(|error| panic!("{error} in {text}")))
}

/// The body of the only block inside the only block of `text`, by names: `plugin`, `config`.
pub fn inside(text: &str, names: &[&str]) -> Value {
    let mut found = hcl::parse(text).unwrap();
    for name in names {
        found = found.blocks().find(|block| block.identifier() == *name).unwrap().body().clone();
    }
    body(&found)
}

fn body(body: &Body) -> Value {
    let mut map: BTreeMap<String, Value> = BTreeMap::new();
    for structure in body.iter() {
        match structure {
            Structure::Attribute(attribute) => {
                let value = match expression(attribute.expr()) {
                    object @ Value::Map(_) => Value::List(vec![object]),
                    other => other,
                };
                map.insert(attribute.key().to_owned(), value);
            }
            Structure::Block(block) => {
                let blocks = map.entry(block.identifier().to_owned()).or_insert_with(|| Value::List(vec![]));
                if let Value::List(blocks) = blocks {
                    blocks.push(self::body(block.body()));
                }
            }
        }
    }
    Value::Map(map)
}

fn expression(expression: &Expression) -> Value {
    match expression {
        Expression::Bool(flag) => Value::Bool(*flag),
        Expression::Number(number) => Value::Int(number.as_i64().unwrap()),
        Expression::String(text) => Value::from(text.as_str()),
        Expression::Array(items) => Value::List(items.iter().map(self::expression).collect()),
        Expression::Object(object) => {
            Value::object(object.iter().map(|(key, value)| (key.to_string(), self::expression(value))))
        }
        Expression::Operation(_) => Value::Int(expression_number(expression)),
        other => panic!("not in an example: {other:?}"),
    }
}

/// A negative number is an operation to HCL.
fn expression_number(expression: &Expression) -> i64 {
    hcl::format::to_string(expression).unwrap().parse().unwrap()
}
