//! A `ContainerSpec` as libpod's SpecGenerator, one file per topic.
//!
//! Must not live here: what an option means (`domain::container`), or anything that asks the service.

mod basic;
mod mounts;
mod network;
mod resources;

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
}

/// The JSON body of a create, for a service of version `major`.
///
/// # Errors
/// See [`Bad`].
pub fn body(spec: &ContainerSpec, major: u32) -> Result<Vec<u8>, Bad> {
    let generator = SpecGenerator {
        basic: basic::basic(spec),
        mounts: mounts::mounts(spec)?,
        network: network::network(spec, major)?,
        resources: resources::resources(&spec.limits),
    };
    serde_json::to_vec(&generator).map_err(|error| Bad {
        kind: ErrorKind::Rejected,
        reason: format!("cannot be written as JSON: {error}"),
    })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
