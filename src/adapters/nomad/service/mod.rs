//! The two services that know about tasks, answered by the driver.
//!
//! Lives here: one thin method per RPC. Must not live here: conversions (`convert`) or decisions (`driver`).

mod base;
mod exec;
mod tasks;

pub use base::BaseService;
pub use tasks::DriverService;

/// The name jobs use: `driver = "podman"`.
pub const PLUGIN_NAME: &str = "podman";
