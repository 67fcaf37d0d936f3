//! A `ContainerSpec` as the `Create` of Podman 1.9.3, one file per topic.
//!
//! Must not live here: what Podman 1 cannot do (`domain::container::podman1`, which has been asked by then), or
//! anything that asks the service.

mod basic;
mod mounts;
mod network;
mod resources;
mod security;

use crate::domain::container::ContainerSpec;
use serde_json::{Map, Value};

/// The value of `create`: a given field counts as an option of the command line, even an empty one, so only what is
/// asked for is there.
#[derive(Debug, Default)]
struct Create(Map<String, Value>);

impl Create {
    fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.0.insert(field.to_owned(), value.into());
    }

    fn set_some<T: Into<Value>>(&mut self, field: &str, value: Option<T>) {
        if let Some(value) = value {
            self.set(field, value);
        }
    }

    fn list(&mut self, field: &str, values: impl IntoIterator<Item = String>) {
        let values: Vec<Value> = values.into_iter().map(Value::from).collect();
        if !values.is_empty() {
            self.set(field, values);
        }
    }
}

/// Why a spec cannot be written in Podman's way: no version can.
#[derive(Debug, PartialEq, Eq)]
pub struct Bad(pub String);

/// The `create` of a spec that Podman 1 can do.
///
/// # Errors
/// See [`Bad`].
pub fn create(spec: &ContainerSpec) -> Result<Value, Bad> {
    let mut create = Create::default();
    basic::basic(spec, &mut create);
    network::network(spec, &mut create);
    resources::resources(&spec.limits, &mut create);
    security::security(&spec.security, &mut create);
    mounts::mounts(spec, &mut create)?;
    Ok(Value::Object(create.0))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
