//! Driver and plugin configuration as the host sends it: msgpack of cty values.
//!
//! Nomad plugin protocol 4.4: numbers may arrive as decimal strings, unknown values as extensions.

use crate::domain::config::Value;
use thiserror::Error;

/// How deep a value may nest. Options nest three levels; bytes that nest thousands would overflow the stack.
const DEPTH_MAX: usize = 64;

/// The bytes are no msgpack, or not one value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the host sent a configuration that is not msgpack: {0}")]
pub struct BadMsgpack(String);

/// Decodes one value; no bytes at all mean that every option is at its default.
pub fn decode(bytes: &[u8]) -> Result<Value, BadMsgpack> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let mut rest = bytes;
    let value = rmpv::decode::read_value_with_max_depth(&mut rest, DEPTH_MAX)
        .map_err(|error| BadMsgpack(error.to_string()))?;
    if !rest.is_empty() {
        return Err(BadMsgpack(format!("{} bytes follow the value", rest.len())));
    }
    Ok(convert(value))
}

fn convert(value: rmpv::Value) -> Value {
    match value {
        rmpv::Value::Nil => Value::Null,
        rmpv::Value::Boolean(flag) => Value::Bool(flag),
        rmpv::Value::Integer(number) => integer(number),
        rmpv::Value::F32(number) => Value::Float(f64::from(number)),
        rmpv::Value::F64(number) => Value::Float(number),
        rmpv::Value::String(text) => Value::Text(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        // Old encoders have no separate type for text.
        rmpv::Value::Binary(bytes) => Value::Text(String::from_utf8_lossy(&bytes).into_owned()),
        rmpv::Value::Array(items) => Value::List(items.into_iter().map(convert).collect()),
        rmpv::Value::Map(pairs) => {
            Value::object(pairs.into_iter().map(|(key, value)| (text(key), convert(value))))
        }
        rmpv::Value::Ext(..) => Value::Unknown,
    }
}

fn integer(number: rmpv::Integer) -> Value {
    match (number.as_i64(), number.as_f64()) {
        (Some(number), _) => Value::Int(number),
        (None, Some(number)) => Value::Float(number),
        (None, None) => Value::Null,
    }
}

fn text(key: rmpv::Value) -> String {
    match key {
        rmpv::Value::String(text) => String::from_utf8_lossy(text.as_bytes()).into_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{PluginConfig, TaskConfig};
    use proptest::prelude::*;

    #[test]
    fn cty_encodings_are_read() {
        // {a: "x", n: 0.1 as a decimal string, i: -1, l: [nil, true]}
        let bytes = b"\x84\xa1a\xa1x\xa1n\xa30.1\xa1i\xff\xa1l\x92\xc0\xc3";
        let expected = Value::object([
            ("a", Value::from("x")),
            ("n", Value::from("0.1")),
            ("i", Value::Int(-1)),
            ("l", Value::List(vec![Value::Null, Value::Bool(true)])),
        ]);
        assert_eq!(decode(bytes), Ok(expected));
        assert_eq!(decode(b""), Ok(Value::Null));
        assert_eq!(decode(b"\xd4\x00\x00"), Ok(Value::Unknown));
    }

    #[test]
    fn truncated_trailing_and_bomb_bytes_are_errors() {
        for bytes in [&b"\x81\xa1a"[..], b"\xc0\xc0", b"\xdd\xff\xff\xff\xff", &[0x91; 5000]] {
            assert!(decode(bytes).is_err());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_configuration_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(value) = decode(&bytes) {
                let _ = TaskConfig::decode(&value);
                let _ = PluginConfig::decode(&value);
            }
        }
    }
}
