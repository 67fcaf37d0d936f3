//! Containers without a runtime's words: what shall be created ([`ContainerSpec`]), what was found
//! ([`ContainerFacts`]), and the translation of a task into a spec, one file per topic.
//!
//! Must not live here: JSON, varlink or REST names (`adapters::podman`), or path look-ups (the driver resolves
//! host paths between [`translate::plan`] and create).

pub mod command;
pub mod dns;
pub mod exec;
pub mod facts;
pub mod health;
pub mod labels;
pub mod limits;
pub mod log;
pub mod mounts;
pub mod network;
pub mod podman1;
pub mod ports;
pub mod pull;
pub mod security;
pub mod spec;
pub mod translate;

#[cfg(test)]
pub(crate) mod translate_tests;

pub use exec::ExecSpec;
pub use facts::{ContainerFacts, ContainerState, MemoryAtEnd};
pub use labels::Owner;
pub use spec::ContainerSpec;
pub use translate::{Node, Plan, plan};
