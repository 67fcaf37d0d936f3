//! The plugin options, one row each: what may stand in `plugin "nomad-driver-podman" { config { … } }`.
//!
//! Sources: Nomad's page "Drivers: podman" (2020) for the meaning, the Go driver's releases for `since`.

use super::row::{Default, Kind, OptionRow};
use super::value::Value;

static VOLUMES: &[OptionRow] = &[
    OptionRow::new(
        "enabled",
        Kind::Bool,
        "enabled = true",
        "Lets tasks bind host paths outside their allocation. Off, paths that leave it by .. or a symlink are \
         refused as well.",
    )
    .default(Default::Bool(true)),
    OptionRow::new(
        "selinuxlabel",
        Kind::Text,
        r#"selinuxlabel = "z""#,
        "Mount option added to the bind mounts of a task, for hosts with SELinux.",
    ),
];

static GC: &[OptionRow] = &[OptionRow::new(
    "container",
    Kind::Bool,
    "container = true",
    "Removes the container when its task is done. Off, it stays for inspection until its task starts anew.",
)
.default(Default::Bool(true))];

/// The options of the plugin.
pub static PLUGIN_OPTIONS: &[OptionRow] = &[
    OptionRow::new(
        "socket_path",
        Kind::Text,
        r#"socket_path = "unix:///run/podman/podman.sock""#,
        "Podman's socket. Unset: /run/podman/podman.sock as root, /run/user/UID/podman/podman.sock else.",
    )
    .since("0.1.0")
    .checked("unix:///path, http+unix:///path or an absolute path", check_socket),
    OptionRow::new(
        "volumes",
        Kind::Block(VOLUMES),
        r#"volumes { selinuxlabel = "z" }"#,
        "Host paths in containers.",
    ),
    OptionRow::new("gc", Kind::Block(GC), "gc { container = false }", "What is cleaned up."),
    OptionRow::new(
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
];

/// Row check: an endpoint we can dial.
fn check_socket(value: &Value) -> Result<(), String> {
    match value {
        Value::Text(text) => {
            super::plugin::parse_endpoint(text).map(|_| ()).map_err(|error| error.to_string())
        }
        _ => Ok(()),
    }
}
