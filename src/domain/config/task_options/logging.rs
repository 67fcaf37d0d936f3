//! Where the output of the task goes.

use super::row;
use crate::domain::config::grammar::memory;
use crate::domain::config::row::{Kind, OptionRow, one_of, parses};

/// Values of `logging.driver`.
pub const LOG_DRIVERS: &[&str] = &["nomad", "journald"];

/// The rows of a `logging` block.
pub const LOGGING: &[OptionRow] = &[
    row(
        "driver",
        Kind::Text,
        r#"driver = "journald""#,
        "nomad for a file of Podman that is passed on to Nomad; journald for the host's journal, from which Podman \
         reads it back for Nomad, at a higher price. nomad when unset.",
    )
    .since("0.4.0")
    .docker("type or driver")
    .checked("nomad or journald", |value| one_of(value, LOG_DRIVERS), r#"driver = "syslog""#),
    row("options", Kind::TextMap, r#"options { tag = "redis" }"#, "tag for Podman's log driver; max-size, beyond which Podman begins the file of driver nomad anew.")
        .since("0.4.0")
        .docker("config"),
    row(
        "max_size",
        Kind::Text,
        r#"max_size = "100m""#,
        "Output that may wait on disk while Nomad's collector of logs is slow or away; beyond it the oldest is dropped, \
         counted, and told as a task event. What is delivered does not count. No limit when unset.",
    )
    .ours()
    .checked("a memory size", |value| parses(value, memory::bytes), r#"max_size = "big""#),
];

/// The rows.
pub const ROWS: &[OptionRow] = &[row(
    "logging",
    Kind::Block(LOGGING),
    r#"logging { driver = "journald" }"#,
    "Where the output goes; replaces the plugin's logging block as a whole.",
)
.since("0.4.0")];
