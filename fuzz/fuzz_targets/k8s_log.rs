//! A log of conmon in pieces gives the same output as in one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman_fuzz::entries;

fuzz_target!(|bytes: &[u8]| {
    entries::run("k8s_log", bytes);
});
