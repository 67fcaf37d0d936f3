//! A `ContainerSpec` as libpod's SpecGenerator, one file per topic.
//!
//! Must not live here: what an option means (`domain::container`), or anything that asks the service.

mod basic;
mod health;
mod mounts;
mod network;
mod resources;
mod security;
mod version;

pub use version::Version;

use crate::domain::container::ContainerSpec;
use crate::ports::ErrorKind;
use serde::Serialize;

/// The spec asks for what this service cannot do.
#[derive(Debug, PartialEq, Eq)]
pub struct Bad {
    /// `Unsupported`, or `Rejected` for what no version can do.
    pub kind: ErrorKind,
    /// Names the option.
    pub reason: String,
}

#[derive(Serialize)]
struct SpecGenerator<'a> {
    #[serde(flatten)]
    basic: basic::Basic<'a>,
    #[serde(flatten)]
    mounts: mounts::Mounts<'a>,
    #[serde(flatten)]
    network: network::Network<'a>,
    #[serde(flatten)]
    resources: resources::Resources<'a>,
    #[serde(flatten)]
    security: security::Security<'a>,
    #[serde(flatten)]
    health: health::Health,
}

/// The JSON body of a create, for a service of this version.
///
/// # Errors
/// See [`Bad`].
pub fn body(spec: &ContainerSpec, version: Version) -> Result<Vec<u8>, Bad> {
    let generator = SpecGenerator {
        basic: basic::basic(spec, version)?,
        mounts: mounts::mounts(spec, version)?,
        network: network::network(spec, version)?,
        resources: resources::resources(&spec.limits),
        security: security::security(&spec.security, version)?,
        health: health::health(&spec.health, version)?,
    };
    serde_json::to_vec(&generator).map_err(|error| Bad {
        kind: ErrorKind::Rejected,
        reason: format!("cannot be written as JSON: {error}"),
    })
}

#[cfg(test)]
mod option_tests;

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
