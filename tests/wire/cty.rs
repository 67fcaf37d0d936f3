//! What the agent makes of a config block: shaped by the plugin's schema, encoded as cty does.
//!
//! Nomad plugin protocol 4.3 and 4.4. The input is what the block is as JSON.

use nomad_driver_podman::adapters::nomad::proto::hclspec::{Object, Spec, spec::Block};
use serde_json::Value;

/// `config` as `spec` has it. Panics where the agent would refuse.
pub fn encode(spec: &Spec, config: &Value) -> Vec<u8> {
    bytes(&shape(spec, Some(config)))
}

/// Any value as cty encodes it, whatever a schema says.
pub fn bytes(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &msgpack(value)).unwrap();
    bytes
}

/// `value` is what stands at the place of `spec`: the whole object for an Object, an option's value else.
fn shape(spec: &Spec, value: Option<&Value>) -> Value {
    let value = value.filter(|value| !value.is_null());
    match spec.block.as_ref().expect("an empty oneof is an error to the agent") {
        Block::Object(object) => shape_object(object, value),
        Block::Attr(attr) => {
            assert!(value.is_some() || !attr.required, "Missing required argument: {}", attr.name);
            value.map_or(Value::Null, |value| attribute(&attr.r#type, value))
        }
        Block::BlockValue(block) => match single(value) {
            Some(body) => shape(block.nested.as_ref().unwrap(), Some(body)),
            None => Value::Null,
        },
        Block::Default(default) => match shape(default.primary.as_ref().unwrap(), value) {
            Value::Null => shape(default.default.as_ref().unwrap(), None),
            given => given,
        },
        Block::Literal(literal) => hcl(&literal.value),
        Block::BlockList(list) => {
            let items = value.and_then(Value::as_array).cloned().unwrap_or_default();
            let nested = list.nested.as_ref().unwrap();
            items.iter().map(|item| shape(nested, Some(item))).collect()
        }
        other => panic!("no schema of a driver has {other:?}"),
    }
}

fn shape_object(object: &Object, value: Option<&Value>) -> Value {
    let given = value.and_then(Value::as_object).cloned().unwrap_or_default();
    for name in given.keys() {
        assert!(object.attributes.contains_key(name), "Invalid label: {name:?}");
    }
    object.attributes.iter().map(|(name, spec)| (name.clone(), shape(spec, given.get(name)))).collect()
}

/// A block is an object, or a list of one.
fn single(value: Option<&Value>) -> Option<&Value> {
    match value? {
        Value::Array(items) => {
            assert!(items.len() < 2, "Duplicate block");
            items.first()
        }
        body => Some(body),
    }
}

/// Converts as cty does for the types that drivers use.
fn attribute(kind: &str, value: &Value) -> Value {
    match (kind, value) {
        ("string", Value::Number(number)) => number.to_string().into(),
        ("string", Value::Bool(flag)) => flag.to_string().into(),
        ("string", Value::String(_))
        | ("bool", Value::Bool(_))
        | ("number", Value::Number(_))
        | ("any", _) => value.clone(),
        ("number", Value::String(text)) => serde_json::from_str(text).expect("number required"),
        (_, Value::Array(items)) if kind.starts_with("list(") => {
            let inner = &kind["list(".len()..kind.len() - 1];
            items.iter().map(|item| attribute(inner, item)).collect()
        }
        (_, Value::Object(fields)) if kind.starts_with("map(") => {
            let inner = &kind["map(".len()..kind.len() - 1];
            fields.iter().map(|(name, item)| (name.clone(), attribute(inner, item))).collect()
        }
        _ => panic!("Incorrect attribute value type: {kind} required, not {value}"),
    }
}

/// The value of an HCL expression.
fn hcl(expression: &str) -> Value {
    let mut body: serde_json::Map<String, Value> = hcl::from_str(&format!("it = {expression}\n")).unwrap();
    body.remove("it").unwrap()
}

fn msgpack(value: &Value) -> rmpv::Value {
    match value {
        Value::Null => rmpv::Value::Nil,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(float)) if is_exact(&number.to_string(), float) => float.into(),
            (None, _) => number.to_string().into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => rmpv::Value::Array(items.iter().map(msgpack).collect()),
        Value::Object(fields) => rmpv::Value::Map(
            fields.iter().map(|(name, value)| (name.as_str().into(), msgpack(value))).collect(),
        ),
    }
}

/// Whether the float is the number that was written, to the last digit.
fn is_exact(written: &str, float: f64) -> bool {
    format!("{float:.1074}").trim_end_matches('0').trim_end_matches('.') == written
}

#[test]
fn examples_of_the_protocol() {
    use serde_json::json;
    assert_eq!(bytes(&json!({ "a": 0.1 })), b"\x81\xa1a\xa30.1");
    assert_eq!(bytes(&json!(1.5)), [0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]);
    assert_eq!(bytes(&json!({ "a": { "n": null, "s": "x" } })), b"\x81\xa1a\x82\xa1n\xc0\xa1s\xa1x");
    assert_eq!(hcl("{ enabled = true }"), json!({ "enabled": true }));
    assert_eq!(hcl(r#""x""#), json!("x"));
}
