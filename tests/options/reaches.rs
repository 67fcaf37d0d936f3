//! For each row of the tables, at any depth, where it acts: its example changes a named part of what is sent to Podman,
//! or a test that is named here shows what it does instead.

use super::hcl;
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

/// Where a row acts.
enum Acts {
    /// Its example, with these options beside it, changes this part of a create.
    Create(&'static str, &'static str),
    /// Its example, with these options beside it, changes the pull.
    Pull(&'static str),
    /// Its example, with these options beside it, changes the rules for tasks of the namespaces `dev` or `dev-1`.
    Rules(&'static str),
    /// This test shows it: its file and its name.
    Shown(&'static str, &'static str),
}

use Acts::{Create, Pull, Rules, Shown};

const TASK: &[(&str, Acts)] = &[
    ("image", Create("/image", "image = \"localhost/other\"")),
    ("auth", Pull("")),
    ("auth.username", Pull("auth { password = \"x\" }")),
    ("auth.password", Pull("auth { username = \"ci\" }")),
    ("auth.tls_verify", Pull("")),
    (
        "auth_soft_fail",
        Shown("tests/driver/images.rs", "a_source_that_fails_fails_the_task_unless_it_says_otherwise"),
    ),
    ("force_pull", Pull("")),
    ("pull_policy", Pull("")),
    ("image_pull_timeout", Pull("")),
    ("arch", Pull("")),
    ("os", Pull("")),
    ("variant", Pull("")),
    ("command", Create("/command", "")),
    ("args", Create("/command", "")),
    ("entrypoint", Create("/entrypoint", "")),
    ("working_dir", Create("/work_dir", "")),
    ("hostname", Create("/hostname", "")),
    ("labels", Create("/labels/team", "")),
    ("annotations", Create("/annotations", "")),
    ("init", Create("/init", "")),
    ("init_path", Create("/init_path", "init = true")),
    ("tty", Create("/terminal", "")),
    ("stop_signal", Create("/stop_signal", "")),
    ("healthchecks", Create("/healthconfig", "")),
    ("healthchecks.disable", Create("/healthconfig", "")),
    ("healthcheck", Create("/healthconfig/Test", "")),
    ("healthcheck.command", Create("/healthconfig/Test", "")),
    (
        "healthcheck.interval",
        Create("/healthconfig/Interval", "healthcheck {\n command = \"true\"\n interval = \"9s\"\n}"),
    ),
    ("healthcheck.timeout", Create("/healthconfig/Timeout", "healthcheck { command = \"true\" }")),
    ("healthcheck.start_period", Create("/healthconfig/StartPeriod", "healthcheck { command = \"true\" }")),
    (
        "healthcheck.retries",
        Create("/healthconfig/Retries", "healthcheck {\n command = \"true\"\n retries = 9\n}"),
    ),
    (
        "healthcheck.on_failure",
        Create("/health_check_on_failure_action", "healthcheck { command = \"true\" }"),
    ),
    ("runtime", Create("/oci_runtime", "")),
    ("socket", Shown("tests/driver/sockets.rs", "a_task_runs_where_it_says_and_its_handle_remembers")),
    ("memory_reservation", Create("/resource_limits/memory/reservation", "")),
    ("memory_swap", Create("/resource_limits/memory/swap", "")),
    ("memory_swappiness", Create("/resource_limits/memory/swappiness", "")),
    ("oom_score_adj", Create("/oom_score_adj", "")),
    ("cpu_hard_limit", Create("/resource_limits/cpu/quota", "")),
    ("cpu_cfs_period", Create("/resource_limits/cpu/period", "cpu_hard_limit = true")),
    ("pids_limit", Create("/resource_limits/pids/limit", "")),
    ("ulimit", Create("/r_limits", "")),
    ("shm_size", Create("/shm_size", "")),
    ("sysctl", Create("/sysctl", "")),
    ("volumes", Create("/mounts/3", "")),
    ("volume_driver", Create("/volumes/0/Name", "volumes = [\"data:/data\"]")),
    ("mount", Create("/mounts/3", "")),
    ("mount.type", Create("/volumes", BIND)),
    ("mount.target", Create("/volumes/0/Dest", "mount { target = \"/b\" }")),
    ("mount.source", Create("/volumes/0/Name", "mount { target = \"/b\" }")),
    ("mount.readonly", Create("/volumes/0/Options", "mount { target = \"/b\" }")),
    ("mount.bind_options", Create("/mounts/3/options", BIND)),
    ("mount.bind_options.propagation", Create("/mounts/3/options", BIND)),
    ("mount.volume_options", Create("/volumes/0/Options", "mount { target = \"/b\" }")),
    ("mount.volume_options.no_copy", Create("/volumes/0/Options", "mount { target = \"/b\" }")),
    ("mount.volume_options.labels", Shown(VOLUMES_RS, MADE)),
    ("mount.volume_options.driver_config", Shown(VOLUMES_RS, MADE)),
    ("mount.volume_options.driver_config.name", Shown(VOLUMES_RS, MADE)),
    ("mount.volume_options.driver_config.options", Shown(VOLUMES_RS, MADE)),
    ("mount.tmpfs_options", Create("/mounts/3/options", TMPFS)),
    ("mount.tmpfs_options.size", Create("/mounts/3/options", TMPFS)),
    ("mount.tmpfs_options.mode", Create("/mounts/3/options", TMPFS)),
    ("tmpfs", Create("/mounts/3", "")),
    ("devices", Create("/devices", "")),
    ("secrets", Create("/secret_env", "")),
    ("storage_opt", Create("/storage_opts", "")),
    ("network_mode", Create("/netns/nsmode", "network_mode = \"host\"")),
    ("networks", Create("/Networks", "")),
    ("network_aliases", Create("/Networks/default/aliases", "")),
    ("ports", Create("/portmappings", "")),
    ("port_map", Create("/portmappings", "")),
    ("ipv4_address", Create("/Networks/default/static_ips", "")),
    ("ipv6_address", Create("/Networks/default/static_ips", "")),
    ("static_ips", Create("/Networks/default/static_ips", "")),
    ("static_mac", Create("/Networks/default/static_mac", "")),
    ("extra_hosts", Create("/hostadd", "")),
    ("dns_servers", Create("/dns_server", "")),
    ("dns_search_domains", Create("/dns_search", "")),
    ("dns_options", Create("/dns_option", "")),
    ("privileged", Create("/privileged", "")),
    ("readonly_rootfs", Create("/read_only_filesystem", "")),
    ("cap_add", Create("/cap_add", "")),
    ("cap_drop", Create("/cap_drop", "")),
    ("selinux_opts", Create("/selinux_opts", "")),
    ("security_opt", Create("/seccomp_profile_path", "")),
    ("apparmor_profile", Create("/apparmor_profile", "")),
    ("userns", Create("/idmappings", "")),
    ("group_add", Create("/groups", "")),
    ("ipc_mode", Create("/ipcns", "")),
    ("pid_mode", Create("/pidns", "")),
    ("uts_mode", Create("/utsns", "")),
    ("cgroupns", Create("/cgroupns", "")),
    ("logging", Create("/log_configuration", "")),
    ("logging.driver", Create("/log_configuration/driver", "")),
    ("logging.options", Create("/log_configuration/options", "")),
    ("logging.max_size", Create("/labels", "")),
];

const BIND: &str = "mount {\n type = \"bind\"\n source = \"/a\"\n target = \"/b\"\n}";
const TMPFS: &str = "mount {\n type = \"tmpfs\"\n target = \"/b\"\n}";
const VOLUMES_RS: &str = "src/adapters/podman/rest/create.rs";
const MADE: &str = "a_volume_is_made_as_the_block_says";

const PLUGIN: &[(&str, Acts)] = &[
    ("socket_path", Shown("tests/wire/cases/trouble.rs", "a_missing_socket_is_told")),
    ("socket", Shown(PLUGIN_RS, "sockets_are_read_with_any_number_of_slashes")),
    ("socket.name", Shown(PLUGIN_RS, "sockets_are_read_with_any_number_of_slashes")),
    ("socket.socket_path", Shown(PLUGIN_RS, "sockets_are_read_with_any_number_of_slashes")),
    ("client_http_timeout", Shown("tests/driver/overload.rs", "the_operator_says_how_long_it_may_be_silent")),
    ("volumes", Create("/mounts/0/options", "")),
    ("volumes.enabled", Shown("tests/wire/cases/volumes.rs", "paths_that_leave_the_allocation_are_refused")),
    ("volumes.selinuxlabel", Create("/mounts/0/options", "")),
    ("gc", Shown("tests/driver/destroy.rs", "the_operator_may_keep_what_has_ended")),
    ("gc.container", Shown("tests/driver/destroy.rs", "the_operator_may_keep_what_has_ended")),
    ("gc.image", Shown(CLEANUP, "an_image_that_was_pulled_goes_with_its_last_container_and_not_before")),
    (
        "gc.image_delay",
        Shown(CLEANUP, "an_image_that_was_pulled_goes_with_its_last_container_and_not_before"),
    ),
    ("gc.dangling", Shown(CLEANUP, "the_operator_can_have_it_off_or_only_told_or_keep_what_has_ended")),
    (
        "gc.dangling.enabled",
        Shown(CLEANUP, "the_operator_can_have_it_off_or_only_told_or_keep_what_has_ended"),
    ),
    (
        "gc.dangling.dry_run",
        Shown(CLEANUP, "the_operator_can_have_it_off_or_only_told_or_keep_what_has_ended"),
    ),
    (
        "gc.dangling.grace",
        Shown(CLEANUP, "a_container_that_no_task_claims_goes_after_the_grace_and_not_before"),
    ),
    ("recover_stopped", Shown("tests/driver/recover.rs", "recover_stopped_starts_the_container_again")),
    ("disable_log_collection", Create("/log_configuration/driver", "")),
    ("logging", Create("/log_configuration/driver", "")),
    ("logging.driver", Create("/log_configuration/driver", "")),
    ("logging.options", Create("/log_configuration/options", "")),
    ("logging.max_size", Create("/labels", "")),
    ("extra_labels", Create("/labels/com.hashicorp.nomad.job_name", "")),
    ("dns_servers", Create("/dns_server", "")),
    ("auth", Shown(CREDENTIALS, "a_helper_gets_the_verb_and_the_registry_and_answers_in_json")),
    ("auth.config", Shown(CREDENTIALS, "the_most_specific_entry_counts_and_whole_parts_only")),
    ("auth.helper", Shown(CREDENTIALS, "a_helper_gets_the_verb_and_the_registry_and_answers_in_json")),
    ("networking", Create("/netns", "")),
    ("networking.default_rootless_mode", Create("/netns/nsmode", "")),
    ("allow_privileged", Rules("")),
    ("allow_caps", Rules("")),
    ("allow_host_namespaces", Rules("")),
    ("allow_devices", Rules("")),
    ("allow_runtimes", Rules("")),
    ("allow_sockets", Rules("")),
    ("allow_registries", Rules("")),
    ("allow_host_paths", Rules("")),
    ("allow_unconfined", Rules("")),
    ("policy", Rules("")),
    ("policy.namespace", Rules("policy {\n namespace = \"prod\"\n allow_privileged = false\n}")),
    ("policy.allow_privileged", Rules(DEV)),
    ("policy.allow_caps", Rules(DEV)),
    ("policy.allow_host_namespaces", Rules(DEV)),
    ("policy.allow_devices", Rules(DEV)),
    ("policy.allow_runtimes", Rules(DEV)),
    ("policy.allow_sockets", Rules(DEV)),
    ("policy.allow_registries", Rules(DEV)),
    ("policy.allow_host_paths", Rules(DEV)),
    ("policy.allow_unconfined", Rules(DEV)),
];

const PLUGIN_RS: &str = "src/domain/config/plugin.rs";
const CLEANUP: &str = "tests/driver/cleanup.rs";
const CREDENTIALS: &str = "src/adapters/credentials/tests.rs";
/// What the rules refuse is shown in `src/domain/policy_tests.rs`.
const DEV: &str = "policy { namespace = \"dev\" }";

/// Every row of a table, with its path.
fn rows(table: &'static [OptionRow], prefix: &str) -> Vec<(String, &'static OptionRow)> {
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
            alloc: PathBuf::from("/nowhere/alloc-1"),
            task_name: "web".to_owned(),
            stdout: PathBuf::from("/dev/null"),
            stderr: PathBuf::from("/dev/null"),
        },
        network: None,
        dns: None,
    }
}

/// The plan of a task with these options, on a node with these.
fn planned(options: Value, plugin: &Value) -> Plan {
    let image = Value::object([("image", "localhost/busybox")].map(|(name, text)| (name, Value::from(text))));
    let config = TaskConfig::decode(&merged(image, options)).unwrap();
    let plugin = PluginConfig::decode(plugin).unwrap();
    let rootless = plugin.default_rootless_mode.is_some();
    let runtime =
        RuntimeFacts { cgroup_version: 1, version: "5.4.2".to_owned(), rootless, ..RuntimeFacts::default() };
    plan(&task(), &config, Node { plugin: &plugin, runtime: &runtime, cores: 4 }).unwrap()
}

fn created(plan: &Plan) -> serde_json::Value {
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
