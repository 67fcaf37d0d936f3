//! The program, its surroundings, and its health.

use super::row;
use crate::domain::config::row::{Default, Kind, OptionRow, one_of, parses, within};
use crate::domain::config::value::Value;
use crate::domain::duration;
use crate::domain::signal::Signal;

/// Values of `healthcheck.on_failure`.
pub const HEALTH_ACTIONS: &[&str] = &["none", "kill", "stop"];

const HEALTHCHECKS: &[OptionRow] =
    &[row("disable", Kind::Bool, "disable = true", "Switches the image's own health check off.")
        .default(Default::Bool(false))
        .ours()];

const HEALTHCHECK: &[OptionRow] = &[
    row(
        "command",
        Kind::TextOrList,
        r#"command = ["curl", "-f", "http://localhost"]"#,
        "What to run in the container: a list for a program and its arguments, a text for the shell. Exit 0 is \
         healthy. The block needs it; without the block the image's own check runs.",
    )
    .ours(),
    row("interval", Kind::Text, r#"interval = "30s""#, "Pause between two checks; 30s when unset.")
        .ours()
        .checked("a duration", |value| parses(value, duration::parse), r#"interval = "often""#),
    row("timeout", Kind::Text, r#"timeout = "5s""#, "How long one check may take; 30s when unset.")
        .ours()
        .checked("a duration", |value| parses(value, duration::parse), r#"timeout = "5""#),
    row("start_period", Kind::Text, r#"start_period = "1m""#, "Failures this soon after the start do not count.")
        .ours()
        .checked("a duration", |value| parses(value, duration::parse), r#"start_period = "soon""#),
    row("retries", Kind::Number, "retries = 3", "Failures in a row that make the task unhealthy; 3 when unset.")
        .ours()
        .checked("1 to 100", |value| within(value, 1, 100), "retries = 0"),
    row(
        "on_failure",
        Kind::Text,
        r#"on_failure = "kill""#,
        "What happens to an unhealthy container: none, kill or stop. The end of the task then follows the job's \
         restart policy. Podman 4.3 and later.",
    )
    .ours()
    .checked(
        "none, kill or stop; restarting is Nomad's part",
        |value| one_of(value, HEALTH_ACTIONS),
        r#"on_failure = "restart""#,
    ),
];

/// The rows.
pub const ROWS: &[OptionRow] = &[
    row("command", Kind::Text, r#"command = "sleep""#, "The command to run instead of the image's own."),
    row(
        "args",
        Kind::TextList,
        r#"args = ["-c", "60"]"#,
        "Arguments to the command; without one they are passed to the image's entrypoint.",
    ),
    row(
        "entrypoint",
        Kind::TextOrList,
        r#"entrypoint = ["/bin/sh", "-c"]"#,
        "Replaces the image's entrypoint. A text is one program, not a line for a shell.",
    )
    .since("0.1.0"),
    row(
        "working_dir",
        Kind::Text,
        r#"working_dir = "/srv""#,
        "Directory the command starts in; the image's own when unset.",
    )
    .since("0.1.0")
    .docker("work_dir"),
    row(
        "hostname",
        Kind::Text,
        r#"hostname = "web""#,
        "The container's host name. With count above one, every container of the task has the same. Needs a \
         uts_mode of private.",
    ),
    row("labels", Kind::TextMap, r#"labels { team = "core" }"#, "Labels of the container, below the driver's own.")
        .since("0.3.0"),
    row("annotations", Kind::TextMap, r#"annotations = { "org.example.team" = "core" }"#, "OCI annotations.")
        .ours(),
    row("init", Kind::Bool, "init = true", "Runs an init that forwards signals and reaps processes.")
        .default(Default::Bool(false))
        .since("0.0.2"),
    row(
        "init_path",
        Kind::Text,
        r#"init_path = "/usr/libexec/podman/catatonit""#,
        "The init to run, a path on the host; Podman's own choice when unset.",
    )
    .since("0.0.2"),
    row("tty", Kind::Bool, "tty = true", "Gives the command a terminal. Its errors then arrive as output.")
        .default(Default::Bool(false))
        .since("0.3.0"),
    row(
        "stop_signal",
        Kind::Text,
        r#"stop_signal = "SIGQUIT""#,
        "Signal that asks the command to end, where the task has no kill_signal of its own. The image's when unset.",
    )
    .ours()
    .checked("a signal", |value| parses(value, str::parse::<Signal>), r#"stop_signal = "SIGNOPE""#),
    row("healthchecks", Kind::Block(HEALTHCHECKS), "healthchecks { disable = true }", "The image's health check.")
        .ours(),
    row(
        "healthcheck",
        Kind::Block(HEALTHCHECK),
        r#"healthcheck { command = "test -e /ready" }"#,
        "A health check run by Podman. On hosts without systemd Podman never runs one.",
    )
    .ours(),
    row(
        "runtime",
        Kind::Text,
        r#"runtime = "crun""#,
        "The OCI runtime, by its name in containers.conf; Podman's choice when unset.",
    )
    .ours()
    .checked("a name, not a path", check_runtime, r#"runtime = "/tmp/evil""#),
    row(
        "socket",
        Kind::Text,
        r#"socket = "rootless""#,
        "Name of the plugin's socket to run on; the default one when unset.",
    )
    .default(Default::Text("default"))
    .since("0.6.2"),
];

/// A path would let a job choose the program that Podman runs as its own user on the host.
fn check_runtime(value: &Value) -> Result<(), String> {
    match value {
        Value::Text(text) if text.contains('/') => Err(format!("{text:?} is no name of a runtime")),
        _ => Ok(()),
    }
}
