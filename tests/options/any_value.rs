//! Any value gives a configuration or problems, and a checked configuration is one that checks to itself.

use super::hcl;
use nomad_driver_podman::domain::config::check::check;
use nomad_driver_podman::domain::config::plugin_options::PLUGIN_OPTIONS;
use nomad_driver_podman::domain::config::task_options::TASK_OPTIONS;
use nomad_driver_podman::domain::config::{OptionRow, PluginConfig, TaskConfig, Value};
use nomad_driver_podman::domain::policy;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// Words that options take, so that the interesting paths are found.
fn text() -> impl Strategy<Value = String> {
    let words = [
        "",
        "1",
        "-1",
        "5m",
        "host",
        "auto:size=1",
        "ns:/x",
        "/a:/b:ro",
        "/dev/fuse",
        "a/b=c",
        "redis",
        "default",
        "label=disable",
        "name,type=env",
        "bind",
        "tmpfs",
        "10.0.0.1",
        "a:ip=1.2.3.4",
        "dns/udp",
        "x:1.2.3.4",
    ];
    prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        "[ -~µ]{0,12}",
        "[a-z:/=,.0-9-]{0,20}"
    ]
}

/// Names of options, nested ones too, and others.
fn name() -> impl Strategy<Value = String> {
    let tables = [TASK_OPTIONS, PLUGIN_OPTIONS];
    let mut names: Vec<String> =
        tables.iter().flat_map(|table| table.iter()).map(|row| row.name.to_owned()).collect();
    names.extend(
        ["type", "target", "source", "tls_verify", "size", "namespace", "name", "enabled"].map(str::to_owned),
    );
    prop_oneof![9 => prop::sample::select(names), 1 => "[a-z]{1,5}"]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        Just(Value::Unknown),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        text().prop_map(Value::Text),
    ];
    leaf.prop_recursive(3, 32, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::List),
            btree_map(name(), inner, 0..4).prop_map(Value::Map),
        ]
    })
}

fn config() -> impl Strategy<Value = Value> {
    btree_map(name(), value(), 0..12).prop_map(|mut map| {
        map.insert("image".to_owned(), Value::from("redis"));
        Value::Map(map)
    })
}

/// Some rows' examples together.
fn examples(table: &'static [OptionRow]) -> impl Strategy<Value = Value> {
    let rows = prop::sample::subsequence(table.to_vec(), 0..=table.len());
    rows.prop_map(move |rows| {
        let chosen = table.iter().take(1).chain(&rows).filter_map(|row| match hcl::value(row.example) {
            Value::Map(map) => Some(map),
            _ => None,
        });
        Value::Map(chosen.flatten().collect())
    })
}

proptest! {
    #[test]
    fn any_value_is_decoded_or_its_problems_are_told(value in prop_oneof![value(), config()]) {
        if let Ok(task) = TaskConfig::decode(&value) {
            let _ = policy::check(&PluginConfig::default().policy.rules("x"), &task, "default");
        }
        match PluginConfig::decode(&value) {
            Ok(plugin) => assert!(plugin.default_socket() < plugin.sockets.len()),
            Err(problems) => assert!(!problems.0.is_empty()),
        }
    }

    #[test]
    fn what_was_checked_checks_to_itself(value in prop_oneof![config(), examples(TASK_OPTIONS)]) {
        if let Ok(checked) = check(TASK_OPTIONS, &value) {
            let again = Value::object(checked.clone());
            prop_assert_eq!(check(TASK_OPTIONS, &again), Ok(checked));
            prop_assert_eq!(TaskConfig::decode(&again), TaskConfig::decode(&value));
        }
    }

    #[test]
    fn examples_of_the_plugin_go_together(value in examples(PLUGIN_OPTIONS)) {
        let checked = check(PLUGIN_OPTIONS, &value).unwrap();
        let again = Value::object(checked);
        prop_assert_eq!(PluginConfig::decode(&again), PluginConfig::decode(&value));
    }
}
