//! A configuration that satisfies its table, written as HCL, is read back as itself: each row with arbitrary values
//! that it accepts.

use nomad_driver_podman::adapters::cli::jobfile::{Inputs, Job, Purpose, Source, examine, plugin_block};
use nomad_driver_podman::domain::config::check::check;
use nomad_driver_podman::domain::config::plugin_options::PLUGIN_OPTIONS;
use nomad_driver_podman::domain::config::row::Default;
use nomad_driver_podman::domain::config::task_options::TASK_OPTIONS;
use nomad_driver_podman::domain::config::{Kind, OptionRow, PluginConfig, TaskConfig, Value};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

/// Texts that rows may accept, and signs that HCL gives a meaning of its own.
const WORDS: &[&str] = &[
    "redis",
    "a b",
    "\"",
    "\\",
    "${x}",
    "%{y}",
    "$${z}",
    "a\nb\t",
    "ü🦆",
    "#",
    "//",
    "{}",
    "true",
    "7",
    "-1",
    "64m",
    "1g",
    "30s",
    "5m",
    "docker.io/library/redis:7",
    "docker-archive:local/x.tar",
    "always",
    "never",
    "host",
    "private",
    "bridge",
    "none",
    "task:db",
    "container:x",
    "ns:/run/x",
    "keep-id",
    "auto:size=65536",
    "/data",
    "/a:/b:ro",
    "/var:size=64m",
    "/dev/fuse",
    "nvidia.com/gpu=all",
    "s,type=env,target=X",
    "volume",
    "bind",
    "tmpfs",
    "rslave",
    "1777",
    "back:alias=db",
    "http/udp",
    "10.0.0.2",
    "fd00::10",
    "92:d0:c6:0a:29:33",
    "db:10.0.0.5",
    "ndots:2",
    "nomad",
    "journald",
    "NET_ADMIN",
    "ALL",
    "no-new-privileges",
    "label=disable",
    "1024:2048",
    "SIGQUIT",
    "kill",
    "crun",
    "slirp4netns",
    "unix:///run/p.sock",
    "/run/p.sock",
    "ecr-login",
    "network",
    "pid",
    "dev-*",
    "z",
];

const NUMBERS: &[i64] = &[-1000, -1, 0, 1, 60, 1000, 50_000, 65_535, i64::MAX];

/// Values that `row` accepts, at every depth.
fn accepted(row: &'static OptionRow) -> BoxedStrategy<Value> {
    let words: Vec<Value> =
        WORDS.iter().map(|word| Value::from(*word)).filter(|word| (row.check)(word).is_ok()).collect();
    let numbers: Vec<Value> = NUMBERS
        .iter()
        .map(|number| Value::Int(*number))
        .filter(|number| (row.check)(number).is_ok())
        .collect();
    let text = || select(words.clone());
    let name = || "[a-z_]{1,6}";
    match row.kind {
        Kind::Text => text().boxed(),
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Number => select(numbers).boxed(),
        Kind::TextList => vec(text(), 0..4).prop_map(Value::List).boxed(),
        Kind::TextOrList => prop_oneof![text(), vec(text(), 0..3).prop_map(Value::List)].boxed(),
        Kind::TextMap => btree_map(name(), text(), 0..4).prop_map(Value::Map).boxed(),
        Kind::NumberMap => btree_map(name(), select(numbers), 0..4).prop_map(Value::Map).boxed(),
        Kind::Block(rows) => object(rows).boxed(),
        Kind::BlockList(rows) => {
            let block = object(rows).prop_filter("the row refuses it", |block| (row.check)(block).is_ok());
            // HCL has no empty list of blocks; the host may send one, see the last test.
            vec(block, 1..3).prop_map(Value::List).boxed()
        }
    }
}

/// Some rows of a table with accepted values, and all that are required.
fn object(table: &'static [OptionRow]) -> impl Strategy<Value = Value> {
    let rows: Vec<_> = table.iter().map(|row| (Just(row), any::<bool>(), accepted(row))).collect();
    rows.prop_map(|rows| {
        let required = |row: &OptionRow| matches!(row.default, Default::Required);
        let chosen = rows.into_iter().filter(|(row, chosen, _)| *chosen || required(row));
        Value::Map(chosen.map(|(row, _, value)| (row.name.to_owned(), value)).collect())
    })
}

/// A checked configuration as HCL.
fn rendered<K: Ord + std::borrow::Borrow<str>>(
    table: &'static [OptionRow],
    checked: &BTreeMap<K, Value>,
) -> hcl::Body {
    let mut body = hcl::Body::builder();
    for row in table {
        let block = |rows, value: &Value| {
            let Value::Map(map) = value else { panic!("{}: {value:?}", row.name) };
            hcl::Block::builder(row.name).add_structures(rendered(rows, map)).build()
        };
        let Some(value) = checked.get(row.name) else { continue };
        body = match (row.kind, value) {
            (Kind::Block(rows), value) => body.add_block(block(rows, value)),
            (Kind::BlockList(rows), Value::List(blocks)) => {
                blocks.iter().fold(body, |body, value| body.add_block(block(rows, value)))
            }
            (_, value) => body.add_attribute((row.name, expression(value))),
        };
    }
    body.build()
}

fn expression(value: &Value) -> hcl::Expression {
    match value {
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => hcl::Expression::Array(items.iter().map(expression).collect()),
        Value::Map(map) => {
            let entries =
                map.iter().map(|(name, value)| (hcl::ObjectKey::from(name.as_str()), expression(value)));
            hcl::Expression::Object(entries.collect())
        }
        Value::Null | Value::Float(_) | Value::Unknown => panic!("not in a checked configuration: {value:?}"),
    }
}

/// The value of the `config` block, as the job's reader has it.
fn read_task(config: &hcl::Body) -> Value {
    let text = hcl::to_string(config).unwrap();
    let text = format!(
        "job \"j\" {{\n group \"g\" {{\n task \"t\" {{\n driver = \"podman\"\n config {{\n{text}\n}}\n}}\n}}\n}}\n"
    );
    let inputs = Inputs { purpose: Purpose::Judge, ..Inputs::default() };
    let examined = examine(&Source::new("job.hcl", text.as_str()), &inputs);
    assert!(examined.problems.0.is_empty(), "{}\n{text}", examined.problems);
    let mut tasks = examined.job.iter().flat_map(Job::own_tasks);
    tasks.next().unwrap().1.config.value.clone()
}

/// The same of the plugin.
fn read_plugin(config: &hcl::Body) -> Value {
    let text = hcl::to_string(config).unwrap();
    let text = format!("plugin \"x\" {{\n config {{\n{text}\n}}\n}}\n");
    let (block, problems) = plugin_block(&Source::new("client.hcl", text.as_str()), "x");
    assert!(problems.0.is_empty(), "{problems}\n{text}");
    block.unwrap().value
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_task_written_as_hcl_is_read_as_itself(value in object(TASK_OPTIONS)) {
        let checked = check(TASK_OPTIONS, &value).unwrap();
        let again = read_task(&rendered(TASK_OPTIONS, &checked));
        prop_assert_eq!(check(TASK_OPTIONS, &again), Ok(checked));
        prop_assert_eq!(TaskConfig::decode(&again), TaskConfig::decode(&value));
    }

    #[test]
    fn a_plugin_written_as_hcl_is_read_as_itself(value in object(PLUGIN_OPTIONS)) {
        let checked = check(PLUGIN_OPTIONS, &value).unwrap();
        let again = read_plugin(&rendered(PLUGIN_OPTIONS, &checked));
        prop_assert_eq!(check(PLUGIN_OPTIONS, &again), Ok(checked));
        prop_assert_eq!(PluginConfig::decode(&again), PluginConfig::decode(&value));
    }
}

/// What the host may send for blocks that are not there, and HCL cannot say.
#[test]
fn an_empty_list_of_blocks_means_none() {
    let with = |entries: &[(&str, Value)]| {
        Value::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    };
    let image = ("image", Value::from("redis"));
    let none = TaskConfig::decode(&with(std::slice::from_ref(&image))).unwrap();
    assert_eq!(TaskConfig::decode(&with(&[image, ("mount", Value::List(vec![]))])), Ok(none));
    let none = PluginConfig::decode(&with(&[])).unwrap();
    for name in ["policy", "socket"] {
        assert_eq!(PluginConfig::decode(&with(&[(name, Value::List(vec![]))])), Ok(none.clone()), "{name}");
    }
}
