//! For each row that takes one of some words, what each word is to Podman. An example tries one of them only.

use super::hcl;
use super::reaches::{created, planned, rows};
use nomad_driver_podman::domain::config::plugin_options::PLUGIN_OPTIONS;
use nomad_driver_podman::domain::config::row::OptionRow;
use nomad_driver_podman::domain::config::task_options::TASK_OPTIONS;
use nomad_driver_podman::domain::config::{Kind, Value};
use serde_json::{Value as Json, json};

/// The row, a task with its word in the place of `WORD`, where to look in the create, and each word with what is
/// there.
type Words = (&'static str, &'static str, &'static str, Vec<(&'static str, Json)>);

fn words() -> Vec<Words> {
    [modes(), others()].concat()
}

/// Namespaces.
fn modes() -> Vec<Words> {
    let mode = |mode: &str| json!({ "nsmode": mode });
    let to = |mode: &str, value: &str| json!({ "nsmode": mode, "value": value });
    let (own, host) = (mode("private"), mode("host"));
    let by_path = || ("ns:/n", to("path", "/n"));
    let of_others =
        || vec![("container:x", to("container", "x")), ("task:db", to("container", "db-alloc-1"))];
    let alone = || vec![("private", own.clone()), ("host", host.clone()), by_path()];
    let ipc = vec![("shareable", mode("shareable")), ("none", mode("none"))];
    let network = ["bridge", "host", "none", "slirp4netns", "pasta"].map(|name| (name, mode(name)));
    vec![
        ("ipc_mode", "ipc_mode = \"WORD\"", "/ipcns", [alone(), ipc, of_others()].concat()),
        ("pid_mode", "pid_mode = \"WORD\"", "/pidns", [alone(), of_others()].concat()),
        ("uts_mode", "uts_mode = \"WORD\"", "/utsns", alone()),
        ("cgroupns", "cgroupns = \"WORD\"", "/cgroupns", alone()),
        (
            "network_mode",
            "network_mode = \"WORD\"",
            "/netns",
            [network.into(), vec![by_path()], of_others()].concat(),
        ),
        (
            "userns",
            "userns = \"WORD\"",
            "/userns",
            vec![
                ("auto", mode("auto")),
                ("host", host.clone()),
                ("keep-id", mode("keep-id")),
                ("nomap", mode("no-map")),
                by_path(),
            ],
        ),
    ]
}

fn others() -> Vec<Words> {
    vec![
        (
            // define.HealthCheckOnFailureAction: none, invalid, kill, restart, stop.
            "healthcheck.on_failure",
            "healthcheck {\n command = \"true\"\n on_failure = \"WORD\"\n}",
            "/health_check_on_failure_action",
            vec![("none", Json::Null), ("kill", json!(2)), ("stop", json!(4))],
        ),
        (
            "mount.type",
            "mount {\n type = \"WORD\"\n target = \"/t\"\nSOURCE}",
            "/mounts/3/type",
            // A volume is not among the mounts.
            vec![("volume", Json::Null), ("bind", json!("bind")), ("tmpfs", json!("tmpfs"))],
        ),
        (
            "mount.bind_options.propagation",
            "mount {\n type = \"bind\"\n target = \"/t\"\n source = \"/s\"\n bind_options { propagation = \"WORD\" }\n}",
            "/mounts/3/options/0",
            ["private", "rprivate", "shared", "rshared", "slave", "rslave"]
                .map(|word| (word, json!(word)))
                .into(),
        ),
        (
            "logging.driver",
            "logging { driver = \"WORD\" }",
            "/log_configuration/driver",
            vec![("nomad", json!("k8s-file")), ("journald", json!("journald"))],
        ),
        (
            "ports",
            "ports = [\"WORD\"]",
            "/portmappings/0/protocol",
            vec![
                ("http", json!("tcp,udp")),
                ("http/tcp", json!("tcp")),
                ("http/udp", json!("udp")),
                ("http/sctp", json!("sctp")),
            ],
        ),
    ]
}

fn task(text: &str, word: &str) -> Value {
    let source = if word == "bind" { " source = \"/s\"\n" } else { "" };
    hcl::value(&text.replace("WORD", word).replace("SOURCE", source))
}

#[test]
fn each_word_reaches_podman_as_what_podman_calls_it() {
    for (path, text, at, words) in words() {
        for (word, expected) in words {
            let body = created(&planned(task(text, word), &Value::empty()));
            assert_eq!(body.pointer(at).unwrap_or(&Json::Null), &expected, "{path} = {word}: {at} of {body}");
        }
    }
}

/// The policies of a pull are no part of a create.
#[test]
fn each_policy_is_a_pull_of_its_own() {
    let pulls = allowed("pull_policy").into_iter().map(|word| {
        let task = hcl::value(&format!("pull_policy = \"{word}\""));
        format!("{:?}", planned(task, &Value::empty()).pull)
    });
    let pulls: std::collections::BTreeSet<String> = pulls.collect();
    assert_eq!(pulls.len(), 4, "{pulls:?}");
}

/// The words that a row takes, as its refusal of another one lists them; none for other rows.
fn words_of(row: &OptionRow) -> Vec<String> {
    let (Kind::Text | Kind::TextList) = row.kind else { return vec![] };
    let refused = (row.check)(&Value::from("\u{1}")).err().unwrap_or_default();
    let listed = ["is not one of ", "expected one of "].iter().find_map(|by| refused.split_once(by));
    listed.map(|(_, words)| words.split(", ").map(str::to_owned).collect()).unwrap_or_default()
}

fn allowed(path: &str) -> Vec<String> {
    let rows = rows(TASK_OPTIONS, "");
    words_of(rows.iter().find(|(known, _)| known == path).unwrap().1)
}

#[test]
fn no_word_of_a_row_is_left_out() {
    let known = words();
    for (path, row) in rows(TASK_OPTIONS, "").into_iter().chain(rows(PLUGIN_OPTIONS, "")) {
        // Which namespaces a rule names is told in `policy_tests`.
        if path == "pull_policy" || path.ends_with("allow_host_namespaces") {
            continue;
        }
        let tried = known.iter().find(|(known, ..)| *known == path).map(|(.., words)| words.as_slice());
        for word in words_of(row) {
            // `container:<id>` stands for all of its kind.
            let kind = word.split('<').next().unwrap();
            let is_tried = |tried: &str| tried == kind || (kind.ends_with(':') && tried.starts_with(kind));
            let found = tried.is_some_and(|tried| tried.iter().any(|(tried, _)| is_tried(tried)));
            assert!(found, "{path}: nothing tries {word}");
        }
    }
}
