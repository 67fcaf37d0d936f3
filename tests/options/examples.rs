//! Every row's two examples: one is accepted, one refused, at every depth.

use super::hcl;
use nomad_driver_podman::domain::config::check::check;
use nomad_driver_podman::domain::config::plugin_options::PLUGIN_OPTIONS;
use nomad_driver_podman::domain::config::row::Default;
use nomad_driver_podman::domain::config::task_options::TASK_OPTIONS;
use nomad_driver_podman::domain::config::{Kind, OptionRow, Problems, Value};
use std::collections::BTreeMap;

/// Puts a piece of a block into a whole configuration.
type Around<'a> = &'a dyn Fn(Value) -> Value;

/// What is done with a row.
type Run<'a> = &'a mut dyn FnMut(&'static OptionRow, Around<'_>);

/// Each row once, with a way to put a piece of its block into a whole configuration.
fn each_row(table: &'static [OptionRow], run: Run<'_>) {
    rows(table, &|body| complete(table, body), run);
}

fn rows(table: &'static [OptionRow], around: Around<'_>, run: Run<'_>) {
    for row in table {
        run(row, around);
        if let Kind::Block(rows) | Kind::BlockList(rows) = row.kind {
            let nested = |body| around(Value::object([(row.name, Value::List(vec![complete(rows, body)]))]));
            self::rows(rows, &nested, run);
        }
    }
}

/// The body with the examples of what is required besides.
fn complete(table: &'static [OptionRow], body: Value) -> Value {
    let Value::Map(mut body) = body else { panic!("no body: {body:?}") };
    // A volume with labels or a driver needs a source, which others may have.
    let needed = |row: &&OptionRow| matches!(row.default, Default::Required) || row.name == "source";
    for row in table.iter().filter(needed) {
        let Value::Map(example) = hcl::value(row.example) else { panic!("no example: {}", row.name) };
        for (name, value) in example {
            body.entry(name).or_insert(value);
        }
    }
    Value::Map(body)
}

fn tables() -> [&'static [OptionRow]; 2] {
    [TASK_OPTIONS, PLUGIN_OPTIONS]
}

fn outcome(table: &'static [OptionRow], value: &Value) -> Result<BTreeMap<&'static str, Value>, Problems> {
    check(table, value)
}

#[test]
fn every_example_is_accepted_and_is_about_its_row() {
    for table in tables() {
        each_row(table, &mut |row, around| {
            let example = hcl::value(row.example);
            let Value::Map(map) = &example else { panic!("{}", row.name) };
            assert!(map.contains_key(row.name), "{}: {}", row.name, row.example);
            let accepted = outcome(table, &around(example.clone()));
            assert!(accepted.is_ok(), "{}: {}", row.example, accepted.unwrap_err());
        });
    }
}

#[test]
fn every_refused_example_is_refused_for_its_row_alone() {
    for table in tables() {
        each_row(table, &mut |row, around| {
            let refused = row.refused();
            let problems = outcome(table, &around(hcl::value(&refused))).expect_err(&refused);
            assert_eq!(problems.0.len(), 1, "{refused}: {problems}");
            assert!(problems.0[0].path.contains(row.name), "{refused}: {problems}");
        });
    }
}

#[test]
fn rows_have_a_name_of_their_own_a_doc_and_a_constraint_with_its_example() {
    for table in tables() {
        let mut seen = BTreeMap::new();
        table.iter().for_each(|row| *seen.entry(row.name).or_insert(0) += 1);
        assert!(seen.values().all(|count| *count == 1), "{seen:?}");
        each_row(table, &mut |row, _| {
            assert!(row.doc.ends_with('.') && row.doc.len() > 10, "{}", row.name);
            assert_eq!(row.constraint.is_empty(), row.refused.is_empty(), "{}", row.name);
            assert!(!row.doc.contains("  "), "{}: {:?}", row.name, row.doc);
        });
    }
}

/// Options of the Go driver v0.6.5, all of them.
const GO_TASK: &str = "image command args entrypoint working_dir hostname labels auth auth_soft_fail force_pull \
    image_pull_timeout arch os variant cap_add cap_drop selinux_opts security_opt apparmor_profile privileged \
    readonly_rootfs userns devices volumes tmpfs sysctl ulimit init init_path tty shm_size ipc_mode network_mode ports \
    port_map ipv4_address ipv6_address static_ips static_mac extra_hosts memory_reservation memory_swap \
    memory_swappiness oom_score_adj pids_limit cpu_hard_limit cpu_cfs_period logging socket";

const GO_PLUGIN: &str = "socket socket_path client_http_timeout disable_log_collection recover_stopped extra_labels \
    dns_servers gc volumes auth logging networking";

#[test]
fn no_option_of_the_go_driver_is_missing_and_none_is_made_up() {
    for (table, names) in [(TASK_OPTIONS, GO_TASK), (PLUGIN_OPTIONS, GO_PLUGIN)] {
        let mut theirs: Vec<&str> = names.split_whitespace().collect();
        let mut ours: Vec<&str> =
            table.iter().filter(|row| !row.since.is_empty()).map(|row| row.name).collect();
        theirs.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, theirs);
    }
}
