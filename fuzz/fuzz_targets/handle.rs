//! What the host stored of a task: what is read is written back the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman::adapters::nomad::convert::state;

fuzz_target!(|bytes: &[u8]| {
    let Ok(handle) = state::decode(bytes) else { return };
    let written = state::encode(&handle).unwrap();
    assert_eq!(state::decode(&written).unwrap(), handle);
});
