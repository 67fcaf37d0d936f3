//! Types of job variables, and the conversions HCL makes between them.

use hcl::Value;
use hcl::value::Map;
use hcl_edit::expr::Expression;

/// A type constraint.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum VarType {
    /// No constraint, or `any`.
    Any,
    /// `string`.
    Text,
    /// `number`.
    Number,
    /// `bool`.
    Bool,
    /// `list(T)`, `set(T)`.
    List(Box<VarType>),
    /// `map(T)`.
    Map(Box<VarType>),
    /// `object({…})`: names and types of its attributes.
    Object(Vec<(String, VarType)>),
    /// `tuple([…])`.
    Tuple(Vec<VarType>),
}

impl VarType {
    /// Reads a type as a `variable` block writes it; `Err` is the part that is no type.
    pub(super) fn parse(expr: &Expression) -> Result<Self, &Expression> {
        if let Some(name) = expr.as_variable() {
            return simple(name.as_str()).ok_or(expr);
        }
        let call = expr.as_func_call().ok_or(expr)?;
        let inner = call.args.get(0).ok_or(expr)?;
        match call.name.name.as_str() {
            "list" | "set" => Ok(Self::List(Box::new(Self::parse(inner)?))),
            "map" => Ok(Self::Map(Box::new(Self::parse(inner)?))),
            "optional" => Self::parse(inner),
            "object" => Self::object(inner),
            "tuple" => {
                let items = inner.as_array().ok_or(inner)?;
                items.iter().map(Self::parse).collect::<Result<_, _>>().map(Self::Tuple)
            }
            _ => Err(expr),
        }
    }

    fn object(expr: &Expression) -> Result<Self, &Expression> {
        let fields = expr.as_object().ok_or(expr)?;
        let field = |(key, value): (&hcl_edit::expr::ObjectKey, &'_ hcl_edit::expr::ObjectValue)| {
            let name = key.as_ident().map(|ident| ident.as_str().to_owned());
            let name = name.or_else(|| key.as_expr().and_then(Expression::as_str).map(str::to_owned));
            (name.unwrap_or_default(), Self::parse(value.expr()).ok())
        };
        let fields = fields.iter().map(field).map(|(name, kind)| Some((name, kind?)));
        fields.collect::<Option<Vec<_>>>().map(Self::Object).ok_or(expr)
    }

    /// Whether a value from the command line or environment is taken as text rather than as an expression.
    pub(super) fn reads_text(&self) -> bool {
        matches!(self, Self::Any | Self::Text | Self::Number)
    }

    /// Converts `value` to this type; `Err` says why it cannot be.
    pub(super) fn convert(&self, value: Value) -> Result<Value, String> {
        if value == Value::Null {
            return Ok(value);
        }
        match (self, value) {
            (Self::Any, value) => Ok(value),
            (Self::Text, value) => to_text(&value),
            (Self::Number, value) => to_number(&value),
            (Self::Bool, value) => to_bool(&value),
            (Self::List(kind), Value::Array(items)) => {
                items.into_iter().map(|item| kind.convert(item)).collect::<Result<_, _>>().map(Value::Array)
            }
            (Self::Tuple(kinds), Value::Array(items)) if kinds.len() == items.len() => {
                let pairs = kinds.iter().zip(items);
                pairs.map(|(kind, item)| kind.convert(item)).collect::<Result<_, _>>().map(Value::Array)
            }
            (Self::Map(kind), Value::Object(map)) => {
                let pairs = map.into_iter().map(|(key, value)| Ok((key, kind.convert(value)?)));
                pairs.collect::<Result<Map<_, _>, String>>().map(Value::Object)
            }
            (Self::Object(fields), Value::Object(map)) => convert_object(fields, map),
            (kind, value) => Err(format!("must be {}, not {value}", kind.noun())),
        }
    }

    fn noun(&self) -> &'static str {
        match self {
            Self::Any => "any value",
            Self::Text => "a string",
            Self::Number => "a number",
            Self::Bool => "a bool",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
            Self::Tuple(_) => "a tuple of the declared length",
        }
    }
}

fn simple(name: &str) -> Option<VarType> {
    Some(match name {
        "string" => VarType::Text,
        "number" => VarType::Number,
        "bool" => VarType::Bool,
        "any" => VarType::Any,
        "list" | "set" => VarType::List(Box::new(VarType::Any)),
        "map" => VarType::Map(Box::new(VarType::Any)),
        _ => return None,
    })
}

fn convert_object(fields: &[(String, VarType)], mut map: Map<String, Value>) -> Result<Value, String> {
    let field = |(name, kind): &(String, VarType)| match map.shift_remove(name) {
        Some(value) => Ok((name.clone(), kind.convert(value).map_err(|why| format!("{name} {why}"))?)),
        None => Err(format!("lacks the attribute {name}")),
    };
    fields.iter().map(field).collect::<Result<Map<_, _>, String>>().map(Value::Object)
}

/// A string, number or bool as a string.
pub(super) fn to_text(value: &Value) -> Result<Value, String> {
    match value {
        Value::String(_) => Ok(value.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string().into()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(format!("must be a string, not {value}")),
    }
}

/// A number, or a string that is one.
pub(super) fn to_number(value: &Value) -> Result<Value, String> {
    let wrong = || format!("must be a number, not {value}");
    match value {
        Value::Number(_) => Ok(value.clone()),
        Value::String(text) => match text.parse::<i64>() {
            Ok(whole) => Ok(whole.into()),
            Err(_) => {
                let number = text.parse::<f64>().ok().and_then(hcl::Number::from_f64);
                number.map(Value::Number).ok_or_else(wrong)
            }
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(wrong()),
    }
}

fn to_bool(value: &Value) -> Result<Value, String> {
    match value.as_str() {
        Some("true" | "1") => Ok(true.into()),
        Some("false" | "0") => Ok(false.into()),
        _ if value.is_boolean() => Ok(value.clone()),
        _ => Err(format!("must be a bool, not {value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> VarType {
        VarType::parse(&text.parse().unwrap()).unwrap()
    }

    #[test]
    fn types_are_read_as_nomad_writes_them() {
        assert_eq!(kind("string"), VarType::Text);
        assert_eq!(kind("list(number)"), VarType::List(Box::new(VarType::Number)));
        let object = VarType::Object(vec![("a".into(), VarType::Bool), ("b".into(), VarType::Text)]);
        assert_eq!(kind("map(object({ a = bool, b = string }))"), VarType::Map(Box::new(object)));
        assert!(VarType::parse(&"strnig".parse().unwrap()).is_err());
        assert!(VarType::parse(&"object({ a = what })".parse().unwrap()).is_err());
    }

    #[test]
    fn values_are_converted_or_refused() {
        assert_eq!(kind("number").convert("8080".into()), Ok(8080.into()));
        assert_eq!(kind("string").convert(5.into()), Ok("5".into()));
        assert_eq!(kind("list(string)").convert(vec![1, 2].into()), Ok(vec!["1", "2"].into()));
        assert_eq!(kind("bool").convert("true".into()), Ok(true.into()));
        for (wanted, value) in
            [("number", Value::from("x")), ("bool", 1.into()), ("list(string)", "a".into())]
        {
            assert!(kind(wanted).convert(value).is_err(), "{wanted}");
        }
    }
}
