//! The cases of the table, a theme a file.

pub mod cleanup;
pub mod configuring;
pub mod crashes;
pub mod destroying;
pub mod ending;
pub mod exec;
pub mod fingerprint;
pub mod identity;
pub mod ids;
pub mod inspecting;
pub mod logs;
pub mod outage;
pub mod recovery;
pub mod secrets;
pub mod signalling;
pub mod starting;
pub mod stopping;
pub mod streaming;
pub mod takeover;
pub mod trouble;
pub mod volumes;
pub mod waiting;

use std::time::Duration;

/// Runs until it is told otherwise.
pub const SERVICE: &str = "trap TERM {\nexit 3\n}\nout ready\\n\nforever";

/// More than anything here needs.
pub const LONG: Duration = Duration::from_secs(30);
