//! How single option values are written: one small language per file, each with its parser.
//!
//! Lives here: parsers from text to a typed value, and their errors, which say what would be accepted. Must not
//! live here: which option uses a grammar (the tables) or what it becomes in a container.

pub mod address;
pub mod capability;
pub mod device;
pub mod glob;
pub mod hosts;
pub mod memory;
pub mod namespace;
pub mod network_mode;
pub mod networks;
pub mod port;
pub mod secret;
pub mod security;
pub mod tmpfs;
pub mod ulimit;
pub mod userns;
pub mod volume;
