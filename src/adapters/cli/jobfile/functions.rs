//! The functions of Nomad's job language that need nothing but their arguments, and `file`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hcl::eval::{Context, Func, FuncArgs, FuncDef, ParamType};
use hcl::value::Map;
use hcl::{Identifier, Number, Value};

type Outcome = Result<Value, String>;

/// A function: its name, its parameters, whether the last parameter repeats, and the work.
type Row = (&'static str, &'static [Param], bool, Func);

#[derive(Clone, Copy)]
enum Param {
    Any,
    Text,
    Number,
    List,
    Map,
}

use Param::{Any, List, Map as Object, Number as Num, Text};

const TABLE: &[Row] = &[
    ("abs", &[Num], false, |a| numeric(&a, f64::abs)),
    ("base64decode", &[Text], false, base64decode),
    ("base64encode", &[Text], false, |a| Ok(BASE64.encode(text(&a, 0)).into())),
    ("ceil", &[Num], false, |a| numeric(&a, f64::ceil)),
    ("chomp", &[Text], false, |a| Ok(text(&a, 0).trim_end_matches(['\n', '\r']).into())),
    ("coalesce", &[Any], true, coalesce),
    ("compact", &[List], false, compact),
    ("concat", &[List], true, concat),
    ("contains", &[List, Any], false, |a| Ok(list(&a, 0).contains(&a[1]).into())),
    ("distinct", &[List], false, distinct),
    ("element", &[List, Num], false, element),
    ("file", &[Text, Text], false, file),
    ("flatten", &[List], false, |a| Ok(Value::Array(flat(list(&a, 0))))),
    ("floor", &[Num], false, |a| numeric(&a, f64::floor)),
    ("format", &[Text, Any], true, format_text),
    ("join", &[Text, List], true, join),
    ("jsondecode", &[Text], false, |a| serde_json::from_str(text(&a, 0)).map_err(|e| e.to_string())),
    ("jsonencode", &[Any], false, |a| {
        serde_json::to_string(&a[0]).map(Into::into).map_err(|e| e.to_string())
    }),
    ("keys", &[Object], false, |a| Ok(sorted(&a).into_iter().map(|(key, _)| key.clone()).collect())),
    ("length", &[Any], false, length),
    ("lookup", &[Object, Text, Any], true, lookup),
    ("lower", &[Text], false, |a| Ok(text(&a, 0).to_lowercase().into())),
    ("max", &[Num], true, |a| extreme(&a, f64::gt)),
    ("merge", &[Object], true, merge),
    ("min", &[Num], true, |a| extreme(&a, f64::lt)),
    ("range", &[Num], true, range),
    ("replace", &[Text, Text, Text], false, |a| Ok(text(&a, 0).replace(text(&a, 1), text(&a, 2)).into())),
    ("reverse", &[List], false, |a| Ok(list(&a, 0).iter().rev().cloned().collect())),
    ("sort", &[List], false, sort),
    ("split", &[Text, Text], false, |a| Ok(text(&a, 1).split(text(&a, 0)).map(str::to_owned).collect())),
    ("strlen", &[Text], false, |a| Ok(text(&a, 0).chars().count().into())),
    ("tonumber", &[Any], false, |a| super::vartype::to_number(&a[0])),
    ("tostring", &[Any], false, |a| super::vartype::to_text(&a[0])),
    ("trim", &[Text, Text], false, |a| Ok(text(&a, 0).trim_matches(|c| text(&a, 1).contains(c)).into())),
    ("trimprefix", &[Text, Text], false, |a| Ok(cut(&a, |text, part| text.strip_prefix(part)))),
    ("trimspace", &[Text], false, |a| Ok(text(&a, 0).trim().into())),
    ("trimsuffix", &[Text, Text], false, |a| Ok(cut(&a, |text, part| text.strip_suffix(part)))),
    ("upper", &[Text], false, |a| Ok(text(&a, 0).to_uppercase().into())),
    ("values", &[Object], false, |a| Ok(sorted(&a).into_iter().map(|(_, value)| value.clone()).collect())),
];

const fn names<const N: usize>() -> [&'static str; N] {
    let mut names = [""; N];
    let mut at = 0;
    while at < N {
        names[at] = TABLE[at].0;
        at += 1;
    }
    names
}

/// Every function, sorted.
pub(super) const NAMES: &[&str] = &names::<{ TABLE.len() }>();

/// A context with all functions and no variable.
pub(super) fn context() -> Context<'static> {
    let mut context = Context::new();
    for (name, params, repeats, work) in TABLE {
        let (fixed, last) = match (repeats, params.split_last()) {
            (true, Some((last, fixed))) => (fixed, Some(last)),
            _ => (*params, None),
        };
        let mut builder = FuncDef::builder().params(fixed.iter().map(|param| param_type(*param)));
        if let Some(last) = last {
            builder = builder.variadic_param(param_type(*last));
        }
        context.declare_func(Identifier::sanitized(name), builder.build(*work));
    }
    context
}

fn param_type(param: Param) -> ParamType {
    match param {
        Any => ParamType::Any,
        Text => ParamType::String,
        Num => ParamType::Number,
        List => ParamType::array_of(ParamType::Any),
        Object => ParamType::object_of(ParamType::Any),
    }
}

/// The text of argument `at`, which the parameters promise.
fn text(args: &FuncArgs, at: usize) -> &str {
    args.get(at).and_then(Value::as_str).unwrap_or_default()
}

fn list(args: &FuncArgs, at: usize) -> &[Value] {
    args.get(at).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn sorted(args: &FuncArgs) -> Vec<(&String, &Value)> {
    let mut pairs: Vec<_> = args.first().and_then(Value::as_object).into_iter().flatten().collect();
    pairs.sort_by_key(|(key, _)| key.as_str());
    pairs
}

fn from_f64(number: f64) -> Outcome {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
        return Ok(Value::from(number as i64));
    }
    Number::from_f64(number).map(Value::Number).ok_or_else(|| "the result is no finite number".to_owned())
}

fn numeric(args: &FuncArgs, work: fn(f64) -> f64) -> Outcome {
    from_f64(work(args.first().and_then(Value::as_f64).unwrap_or_default()))
}

fn extreme(args: &FuncArgs, better: fn(&f64, &f64) -> bool) -> Outcome {
    let best = args
        .iter()
        .filter_map(Value::as_f64)
        .reduce(|best, next| if better(&next, &best) { next } else { best });
    best.map_or_else(|| Err("needs at least one number".to_owned()), from_f64)
}

fn base64decode(args: FuncArgs) -> Outcome {
    let bytes = BASE64.decode(text(&args, 0)).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map(Into::into).map_err(|_| "the bytes are no UTF-8 text".to_owned())
}

fn coalesce(args: FuncArgs) -> Outcome {
    let empty = |value: &Value| matches!(value, Value::Null) || value.as_str().is_some_and(str::is_empty);
    args.iter()
        .find(|value| !empty(value))
        .cloned()
        .ok_or_else(|| "all arguments are null or empty".to_owned())
}

fn compact(args: FuncArgs) -> Outcome {
    let filled = |value: &&Value| !matches!(value, Value::Null) && value.as_str() != Some("");
    Ok(list(&args, 0).iter().filter(filled).cloned().collect())
}

fn concat(args: FuncArgs) -> Outcome {
    Ok(args.iter().filter_map(Value::as_array).flatten().cloned().collect())
}

fn distinct(args: FuncArgs) -> Outcome {
    let mut seen: Vec<Value> = vec![];
    for value in list(&args, 0) {
        if !seen.contains(value) {
            seen.push(value.clone());
        }
    }
    Ok(Value::Array(seen))
}

fn element(args: FuncArgs) -> Outcome {
    let items = list(&args, 0);
    let at = args.get(1).and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok());
    match (at, items.len()) {
        (_, 0) => Err("the list is empty".to_owned()),
        (None, _) => Err("the index must be a whole number, not below 0".to_owned()),
        (Some(at), count) => Ok(items[at % count].clone()),
    }
}

/// `file(PATH)`; the directory of the job file was put in front.
fn file(args: FuncArgs) -> Outcome {
    let path = std::path::Path::new(text(&args, 0)).join(text(&args, 1));
    std::fs::read_to_string(&path).map(Into::into).map_err(|error| format!("{}: {error}", path.display()))
}

fn flat(items: &[Value]) -> Vec<Value> {
    let open = |item: &Value| item.as_array().map_or_else(|| vec![item.clone()], |inner| flat(inner));
    items.iter().flat_map(open).collect()
}

/// Verbs `%s`, `%d`, `%v`, `%q` and `%%`; widths and the like are refused, not printed wrongly.
fn format_text(args: FuncArgs) -> Outcome {
    let mut values = args.iter().skip(1);
    let mut out = String::new();
    let mut rest = text(&args, 0).chars();
    while let Some(c) = rest.next() {
        let verb = if c == '%' { rest.next() } else { None };
        let mut next = || values.next().ok_or_else(|| "too few arguments".to_owned());
        match (c, verb) {
            ('%', Some('%')) => out.push('%'),
            ('%', Some('s' | 'd' | 'v')) => out.push_str(&shown(next()?)),
            ('%', Some('q')) => out.push_str(&format!("{:?}", shown(next()?))),
            ('%', _) => return Err("only the verbs %s, %d, %v, %q and %% are known here".to_owned()),
            (c, _) => out.push(c),
        }
    }
    Ok(out.into())
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn join(args: FuncArgs) -> Outcome {
    let parts: Vec<String> = args.iter().skip(1).filter_map(Value::as_array).flatten().map(shown).collect();
    Ok(parts.join(text(&args, 0)).into())
}

fn length(args: FuncArgs) -> Outcome {
    match args.first() {
        Some(Value::Array(items)) => Ok(items.len().into()),
        Some(Value::Object(map)) => Ok(map.len().into()),
        Some(Value::String(text)) => Ok(text.chars().count().into()),
        _ => Err("needs a list, a map or a string".to_owned()),
    }
}

fn lookup(args: FuncArgs) -> Outcome {
    let found = args.first().and_then(Value::as_object).and_then(|map| map.get(text(&args, 1)));
    found
        .or(args.get(2))
        .cloned()
        .ok_or_else(|| format!("no key {:?}, and no default is given", text(&args, 1)))
}

fn merge(args: FuncArgs) -> Outcome {
    let mut merged = Map::new();
    for map in args.iter().filter_map(Value::as_object) {
        merged.extend(map.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    Ok(Value::Object(merged))
}

fn range(args: FuncArgs) -> Outcome {
    const LONGEST: usize = 1024;
    let numbers: Vec<i64> = args.iter().filter_map(Value::as_i64).collect();
    let (start, end, step) = match numbers.as_slice() {
        [end] => (0, *end, 1),
        [start, end] => (*start, *end, 1),
        [start, end, step] if *step > 0 => (*start, *end, *step),
        _ => return Err("needs one to three whole numbers, and a step above 0".to_owned()),
    };
    let step = usize::try_from(step).unwrap_or(1);
    let items: Vec<i64> = (start..end).step_by(step).take(LONGEST + 1).collect();
    if items.len() > LONGEST { Err(format!("gives more than {LONGEST} items")) } else { Ok(items.into()) }
}

fn sort(args: FuncArgs) -> Outcome {
    let mut texts: Vec<String> = list(&args, 0).iter().map(shown).collect();
    texts.sort();
    Ok(texts.into_iter().collect())
}

fn cut(args: &FuncArgs, strip: for<'t> fn(&'t str, &str) -> Option<&'t str>) -> Value {
    strip(text(args, 0), text(args, 1)).unwrap_or(text(args, 0)).into()
}
