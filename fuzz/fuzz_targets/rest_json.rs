//! Replies of Podman about containers, made into facts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman::adapters::podman::inspect::{Inspect, seen};
use nomad_driver_podman::adapters::podman::rest::{facts, wire};
use nomad_driver_podman::domain::container::facts::ContainerState;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(inspect) = serde_json::from_slice::<Inspect>(bytes) {
        let seen = seen(inspect);
        // Never an exit of a container that did not end.
        assert!(seen.facts.exit_code.is_none() || seen.facts.state == ContainerState::Exited);
    }
    if let Ok(list) = serde_json::from_slice::<Vec<wire::Listed>>(bytes) {
        list.into_iter().for_each(|entry| drop(facts::listed(entry)));
    }
});
