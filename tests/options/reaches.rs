//! For each row of the tables, at any depth, where it acts: its example changes a named part of what is sent to Podman,
//! or a test that is named here shows what it does instead.

use super::acts::{Acts, PLUGIN, TASK};
use super::hcl;
use Acts::{Create, Pull, Rules, Shown};
use nomad_driver_podman::adapters::podman::rest::spec::{Version, body};
use nomad_driver_podman::domain::config::plugin_options::PLUGIN_OPTIONS;
use nomad_driver_podman::domain::config::task_options::TASK_OPTIONS;
use nomad_driver_podman::domain::config::{Kind, OptionRow, PluginConfig, TaskConfig, Value};
use nomad_driver_podman::domain::container::{Node, Plan, plan};
use nomad_driver_podman::domain::fingerprint::RuntimeFacts;
use nomad_driver_podman::domain::task::request::{
    Port, Resources, TaskDirs, TaskMeta, TaskNetwork, TaskRequest,
};
use nomad_driver_podman::domain::task::{AllocId, TaskId};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Every row of a table, with its path.
pub fn rows(table: &'static [OptionRow], prefix: &str) -> Vec<(String, &'static OptionRow)> {
    let mut found = vec![];
    for row in table {
        let path = format!("{prefix}{}", row.name);
        if let Kind::Block(inner) | Kind::BlockList(inner) = row.kind {
            found.extend(rows(inner, &format!("{path}.")));
        }
        found.push((path, row));
    }
    found
}

/// The example of a row in the blocks around it.
fn nested(path: &str, row: &OptionRow) -> Value {
    let blocks = path.rsplit('.').skip(1);
    blocks.fold(hcl::value(row.example), |body, block| Value::object([(block, Value::List(vec![body]))]))
}

/// `over` on top of `under`, block by block.
fn merged(under: Value, over: Value) -> Value {
    match (under, over) {
        (Value::Map(mut under), Value::Map(over)) => {
            for (name, value) in over {
                let below = under.remove(&name).unwrap_or(Value::Null);
                under.insert(name, merged(below, value));
            }
            Value::Map(under)
        }
        (Value::List(mut under), Value::List(mut over)) if is_block(&under) && is_block(&over) => {
            Value::List(vec![merged(under.remove(0), over.remove(0))])
        }
        (_, over) => over,
    }
}

fn is_block(items: &[Value]) -> bool {
    matches!(items, [Value::Map(_)])
}

fn task() -> TaskRequest {
    let port = Port { label: "http".to_owned(), host: 21000, container: Some(80), host_ip: String::new() };
    let dns = Port { label: "dns".to_owned(), ..port.clone() };
    let network = TaskNetwork { ip: "10.0.0.1".to_owned(), ports: vec![("db".to_owned(), 21001)] };
    TaskRequest {
        id: TaskId::new("alloc-1/web/00000001"),
        meta: TaskMeta {
            task_name: "web".to_owned(),
            alloc_id: AllocId::new("alloc-1"),
            group_name: "g".to_owned(),
            job_name: "j".to_owned(),
            job_id: "j1".to_owned(),
            namespace: "default".to_owned(),
            node_name: "n".to_owned(),
            node_id: "n1".to_owned(),
        },
        config: Value::Null,
        env: std::iter::empty::<(String, String)>().collect(),
        resources: Resources {
            memory_mb: 128,
            cpu_share_of_node: 0.5,
            ports: vec![port, dns],
            networks: vec![network],
            ..Resources::default()
        },
        mounts: vec![],
        devices: vec![],
        user: None,
        dirs: TaskDirs {
            alloc: PathBuf::from("/nowhere/alloc-1").into(),
            task_name: "web".to_owned(),
            stdout: PathBuf::from("/dev/null").into(),
            stderr: PathBuf::from("/dev/null").into(),
        },
        network: None,
        dns: None,
    }
}

/// The plan of a task with these options, on a node with these.
pub fn planned(options: Value, plugin: &Value) -> Plan {
    let image = Value::object([("image", "localhost/busybox")].map(|(name, text)| (name, Value::from(text))));
    let config = TaskConfig::decode(&merged(image, options)).unwrap();
    let plugin = PluginConfig::decode(plugin).unwrap();
    let rootless = plugin.default_rootless_mode.is_some();
    let runtime =
        RuntimeFacts { cgroup_version: 1, version: "5.4.2".to_owned(), rootless, ..RuntimeFacts::default() };
    plan(&task(), &config, Node { plugin: &plugin, runtime: &runtime, cores: 4 }).unwrap()
}

/// The body of its create.
pub fn created(plan: &Plan) -> serde_json::Value {
    serde_json::from_slice(&body(&plan.spec, Version(5, 4)).unwrap()).unwrap()
}

/// What is wrong with `acts` of a row; `planned` makes a plan of the table's options.
fn wrong(acts: &Acts, beside: Value, both: Value, planned: &dyn Fn(Value) -> Plan) -> Option<String> {
    let (before, after) = (planned(beside), planned(both));
    match acts {
        Create(at, _) => {
            let (before, after) = (created(&before), created(&after));
            let (old, new) = (before.pointer(at), after.pointer(at));
            (old == new).then(|| format!("{at} is {old:?} before and {new:?} after"))
        }
        Pull(_) => (before.pull == after.pull).then(|| "the pull is the same".to_owned()),
        Rules(_) | Shown(..) => None,
    }
}

fn wrong_rules(beside: &Value, both: &Value) -> Option<String> {
    let rules = |value| {
        let policy = PluginConfig::decode(value).unwrap().policy;
        [policy.rules("dev"), policy.rules("dev-1")]
    };
    (rules(beside) == rules(both)).then(|| "the rules are the same".to_owned())
}

/// A function that cargo runs, or that a table of cases names.
fn not_a_test(file: &str, name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let before = text.split_once(&format!("fn {name}(")).map(|(before, _)| before);
    let head = before.and_then(|before| before.rsplit("\n\n").next());
    let runs = head.is_some_and(|head| head.contains("test") || head.ends_with("pub async "));
    (!runs).then(|| format!("{file} has no test {name}"))
}

fn problem(path: &str, row: &OptionRow, acts: &Acts, planned: &dyn Fn(Value) -> Plan) -> Option<String> {
    let beside = match acts {
        Create(_, beside) | Pull(beside) | Rules(beside) => hcl::value(beside),
        Shown(file, name) => return not_a_test(file, name),
    };
    let both = merged(beside.clone(), nested(path, row));
    match acts {
        Rules(_) => wrong_rules(&beside, &both),
        _ => wrong(acts, beside, both, planned),
    }
}

fn check(table: &'static [OptionRow], acts: &[(&str, Acts)], planned: &dyn Fn(Value) -> Plan) {
    let rows = rows(table, "");
    let named: BTreeSet<&str> = acts.iter().map(|(path, _)| *path).collect();
    let known: BTreeSet<&str> = rows.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(named, known, "rows that nothing is said of, or names without a row");
    assert_eq!(named.len(), acts.len(), "one is named twice");
    let found = acts.iter().filter_map(|(path, acts)| {
        let (_, row) = rows.iter().find(|(known, _)| known == path)?;
        Some(format!("{path}: {}", problem(path, row, acts, planned)?))
    });
    assert_eq!(found.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_row_of_a_task_reaches_podman_or_a_named_test_shows_where_it_acts() {
    check(TASK_OPTIONS, TASK, &|options| planned(options, &Value::empty()));
}

#[test]
fn every_row_of_the_plugin_reaches_podman_or_a_named_test_shows_where_it_acts() {
    check(PLUGIN_OPTIONS, PLUGIN, &|plugin| planned(Value::empty(), &plugin));
}

/// Options whose work a machine without particular hardware can see from inside a container, with the file whose
/// cases look.
const SEEN_INSIDE: &[(&str, &str)] = &[(
    "asked",
    "working_dir hostname volumes mount tmpfs devices readonly_rootfs cap_drop cap_add security_opt group_add \
      ulimit sysctl shm_size oom_score_adj extra_hosts labels stop_signal cpu_hard_limit memory_reservation memory_swap \
      cpu_cfs_period pids_limit pid_mode ipc_mode uts_mode cgroupns userns network_mode ipv4_address static_mac \
      dns_servers dns_search_domains dns_options args entrypoint",
)];

#[test]
fn what_can_be_seen_inside_a_container_is_looked_at() {
    for (file, options) in SEEN_INSIDE {
        let text = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/contract/{file}.rs"));
        let text = std::fs::read_to_string(text).unwrap();
        for option in options.split_whitespace() {
            assert!(rows(TASK_OPTIONS, "").iter().any(|(path, _)| path == option), "{option} is no option");
            assert!(text.contains(&format!("\"{option}\"")), "{file} says nothing of {option}");
        }
    }
}
