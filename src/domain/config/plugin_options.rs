//! The plugin options, one row each: what may stand in `plugin "nomad-driver-podman" { config { … } }`.
//!
//! Sources: Nomad's page "Drivers: podman" (2020) and the documentation of the Go driver v0.6.5 for the meaning,
//! its releases for `since`.

use super::gc::GC;
use super::grammar::address;
use super::plugin::{parse_endpoint, parse_rootless_mode};
use super::policy_options::{POLICY, RULES};
use super::row::{Default, Kind, OptionRow, concat, parses};
use super::task_options::logging::LOGGING;
use crate::domain::duration;

const SOCKET_URL: &str = "unix:///path, http+unix:///path or an absolute path";

const fn row(name: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> OptionRow {
    OptionRow::new(name, kind, example, doc)
}

const SOCKET: &[OptionRow] = &[
    row("name", Kind::Text, r#"name = "rootless""#, "What tasks call it; default when unset.").since("0.6.2"),
    row(
        "socket_path",
        Kind::Text,
        r#"socket_path = "unix:///run/user/1000/podman/podman.sock""#,
        "Where it is.",
    )
    .since("0.6.2")
    .default(Default::Required)
    .checked(SOCKET_URL, |value| parses(value, parse_endpoint), r#"socket_path = "tcp://10.0.0.1:8080""#),
];

const VOLUMES: &[OptionRow] = &[
    row(
        "enabled",
        Kind::Bool,
        "enabled = true",
        "Lets tasks bind host paths outside their allocation. Off, paths that leave it by .. or a symlink are \
         refused as well.",
    )
    .default(Default::Bool(true)),
    row(
        "selinuxlabel",
        Kind::Text,
        r#"selinuxlabel = "z""#,
        "Mount option added to the bind mounts of a task, for hosts with SELinux. Not for privileged tasks.",
    ),
];

const AUTH: &[OptionRow] = &[
    row(
        "config",
        Kind::Text,
        r#"config = "/etc/containers/auth.json""#,
        "File with accounts, as podman login and docker login write it: auths and credHelpers. The most specific \
         entry counts.",
    )
    .since("0.5.0"),
    row(
        "helper",
        Kind::Text,
        r#"helper = "ecr-login""#,
        "Credential helper: docker-credential-NAME is asked for the registry, after the file.",
    )
    .since("0.5.0")
    .checked("a name, not a path", |value| parses(value, helper), r#"helper = "../bin/sh""#),
];

const NETWORKING: &[OptionRow] = &[row(
    "default_rootless_mode",
    Kind::Text,
    r#"default_rootless_mode = "slirp4netns""#,
    "The network_mode of tasks on rootless Podman that name none.",
)
.since("0.6.5")
.checked("a network_mode", |value| parses(value, parse_rootless_mode), r#"default_rootless_mode = "task:""#)];

const BASIC: &[OptionRow] = &[
    row(
        "socket_path",
        Kind::Text,
        r#"socket_path = "unix:///run/podman/podman.sock""#,
        "Podman's socket. Unset: podman.sock or io.podman, in /run/podman as root, else in podman below \
         $XDG_RUNTIME_DIR or /run/user/UID.",
    )
    .since("0.1.0")
    .checked(
        SOCKET_URL,
        |value| parses(value, parse_endpoint),
        r#"socket_path = "tcp://10.0.0.1:8080""#,
    ),
    row(
        "socket",
        Kind::BlockList(SOCKET),
        "socket {\n  name        = \"rootless\"\n  socket_path = \"/run/user/1000/podman/podman.sock\"\n}",
        "Several Podmans, instead of socket_path. Tasks without socket run on the one called default, or else on \
         the first.",
    )
    .since("0.6.2"),
    row(
        "client_http_timeout",
        Kind::Text,
        r#"client_http_timeout = "60s""#,
        "How long Podman may take to say how it is before it counts as unhealthy; 10s when unset or 0. Every other \
         call has a limit of its own, so that none cuts off a stop, a pull or an exec.",
    )
    .since("0.4.0")
    .checked("a duration", |value| parses(value, duration::parse), r#"client_http_timeout = "60""#),
    row("volumes", Kind::Block(VOLUMES), r#"volumes { selinuxlabel = "z" }"#, "Host paths in containers."),
    row("gc", Kind::Block(GC), "gc { container = false }", "What is cleaned up."),
    row(
        "recover_stopped",
        Kind::Bool,
        "recover_stopped = false",
        "Starts a task's container again when the agent returns and finds it stopped. After a reboot every \
         container is stopped: true runs them again in place, each without a new scheduling decision and \
         possibly while Nomad has already replaced them elsewhere; false reports their end and leaves the \
         restart to the job's policy.",
    )
    .default(Default::Bool(true))
    .since("0.0.2"),
    row(
        "disable_log_collection",
        Kind::Bool,
        "disable_log_collection = true",
        "Leaves the output to Podman's own log driver and passes nothing on to Nomad.",
    )
    .default(Default::Bool(false))
    .since("0.4.0"),
    row(
        "logging",
        Kind::Block(LOGGING),
        r#"logging { driver = "journald" }"#,
        "For tasks without a logging block.",
    )
    .since("0.6.0"),
    row(
        "extra_labels",
        Kind::TextList,
        r#"extra_labels = ["job_*", "node_name"]"#,
        "Labels com.hashicorp.nomad.* for containers: patterns of job_name, job_id, task_group_name, task_name, \
         namespace, node_name, node_id. Any of them adds alloc_id as well.",
    )
    .since("0.4.2"),
    row(
        "dns_servers",
        Kind::TextList,
        r#"dns_servers = ["10.0.0.2"]"#,
        "Name servers of tasks that say nothing about name resolution.",
    )
    .since("0.5.2")
    .checked("IP addresses", |value| parses(value, address::ip), r#"dns_servers = ["resolver"]"#),
    row("auth", Kind::Block(AUTH), r#"auth { helper = "ecr-login" }"#, "Accounts for pulling images.").since("0.5.0"),
    row(
        "networking",
        Kind::Block(NETWORKING),
        r#"networking { default_rootless_mode = "pasta" }"#,
        "Networks of tasks.",
    )
    .since("0.6.5"),
];

/// Each topic and its rows, in the order of the reference page.
pub const PLUGIN_TOPICS: &[(&str, &[OptionRow])] =
    &[("Plugin", BASIC), ("Policy", RULES), ("Policy per namespace", POLICY)];

static ALL: [OptionRow; BASIC.len() + RULES.len() + POLICY.len()] = concat(&[BASIC, RULES, POLICY]);

/// The options of the plugin.
pub static PLUGIN_OPTIONS: &[OptionRow] = &ALL;

/// The name becomes part of a program's: it must not lead elsewhere.
fn helper(text: &str) -> Result<(), String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(good) {
        Ok(())
    } else {
        Err(format!("{text:?} is no name of a credential helper; leave docker-credential- out"))
    }
}
