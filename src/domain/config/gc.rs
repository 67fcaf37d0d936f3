//! `gc` of the plugin: what is cleaned up beside the containers of tasks that are done.

use super::reader::Reader;
use super::row::{Default as Preset, Kind, OptionRow, parses};
use super::value::Value;
use crate::domain::duration;
use std::collections::BTreeMap;
use std::time::Duration;

/// See the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gc {
    /// Images that the driver pulled go when no container uses them.
    pub image: bool,
    /// But only after this time.
    pub image_delay: Duration,
    /// Containers of ours that no task claims go.
    pub dangling: bool,
    /// But are only told of.
    pub dangling_dry_run: bool,
    /// But only after this time.
    pub dangling_grace: Duration,
}

/// `image_delay` and `grace` when unset: what Nomad's Docker driver takes.
const IMAGE_DELAY: Duration = Duration::from_secs(3 * 60);
const GRACE: Duration = Duration::from_secs(5 * 60);

impl Default for Gc {
    fn default() -> Self {
        Self {
            image: false,
            image_delay: IMAGE_DELAY,
            dangling: true,
            dangling_dry_run: false,
            dangling_grace: GRACE,
        }
    }
}

impl Gc {
    /// From the checked block.
    pub fn read(gc: &BTreeMap<String, Value>) -> Self {
        let (gc, dangling, preset) = (Reader(gc), Reader(gc).block("dangling"), Self::default());
        let dangling = Reader(&dangling);
        Self {
            image: gc.flag("image"),
            image_delay: gc.parsed("image_delay", duration::parse).unwrap_or(preset.image_delay),
            dangling: dangling.given_flag("enabled").unwrap_or(preset.dangling),
            dangling_dry_run: dangling.flag("dry_run"),
            dangling_grace: dangling.parsed("grace", duration::parse).unwrap_or(preset.dangling_grace),
        }
    }
}

const fn row(name: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> OptionRow {
    OptionRow::new(name, kind, example, doc)
}

const DANGLING: &[OptionRow] = &[
    row("enabled", Kind::Bool, "enabled = false", "Removes them.").default(Preset::Bool(true)).ours(),
    row("dry_run", Kind::Bool, "dry_run = true", "Only says in the agent's log what would be removed.")
        .default(Preset::Bool(false))
        .ours(),
    row(
        "grace",
        Kind::Text,
        r#"grace = "10m""#,
        "How long a container must have been without a task, counted while the driver watches: neither while it is \
         down nor while the agent still recovers tasks.",
    )
    .default(Preset::Text("5m"))
    .checked("a duration", |value| parses(value, duration::parse), r#"grace = "5""#)
    .ours(),
];

/// The rows of the block.
pub const GC: &[OptionRow] = &[
    row(
        "container",
        Kind::Bool,
        "container = true",
        "Removes the container when its task is done. Off, it stays for inspection until its task starts anew.",
    )
    .default(Preset::Bool(true)),
    row(
        "image",
        Kind::Bool,
        "image = true",
        "Removes images that this driver pulled once no container has needed them for image_delay. Never one that \
         was there before, that was loaded from an archive, that has several names, or that a container of \
         anybody uses.",
    )
    .default(Preset::Bool(false))
    .docker("image")
    .ours(),
    row(
        "image_delay",
        Kind::Text,
        r#"image_delay = "1h""#,
        "How long an image is kept after its last container; a task that needs it again begins the time anew.",
    )
    .default(Preset::Text("3m"))
    .checked("a duration", |value| parses(value, duration::parse), r#"image_delay = "3""#)
    .ours(),
    row(
        "dangling",
        Kind::Block(DANGLING),
        r#"dangling { grace = "10m" }"#,
        "Containers that this agent's driver made and that no task claims: what a crash at a bad moment may leave. \
         They are told by their labels, which name the agent by its allocation directory and node; containers of \
         other agents and of other programs are never touched.",
    )
    .ours(),
];
