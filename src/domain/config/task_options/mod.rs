//! The task options, one row each, one file per topic.
//!
//! Lives here: names, types, constraints, examples and docs. Must not live here: what a value means (the
//! grammars) or what it becomes (`domain::container`).
//!
//! Sources: Nomad's page "Drivers: podman" (2020) and the documentation of the Go driver v0.6.5 for the meaning,
//! its releases for `since`, Nomad's Docker driver for the names that differ.

pub mod image;
pub mod logging;
pub mod network;
pub mod process;
pub mod resources;
pub mod security;
pub mod storage;

use super::row::{Kind, OptionRow, concat};

const fn row(name: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> OptionRow {
    OptionRow::new(name, kind, example, doc)
}

/// Each topic and its rows, in the order of the reference page.
pub const TASK_TOPICS: &[(&str, &[OptionRow])] = &[
    ("Image", image::ROWS),
    ("Process", process::ROWS),
    ("Resources", resources::ROWS),
    ("Storage", storage::ROWS),
    ("Network", network::ROWS),
    ("Security", security::ROWS),
    ("Logging", logging::ROWS),
];

const COUNT: usize = image::ROWS.len()
    + process::ROWS.len()
    + resources::ROWS.len()
    + storage::ROWS.len()
    + network::ROWS.len()
    + security::ROWS.len()
    + logging::ROWS.len();

static ALL: [OptionRow; COUNT] = concat(&[
    image::ROWS,
    process::ROWS,
    resources::ROWS,
    storage::ROWS,
    network::ROWS,
    security::ROWS,
    logging::ROWS,
]);

/// What may stand in the `config` block of a task.
pub static TASK_OPTIONS: &[OptionRow] = &ALL;
