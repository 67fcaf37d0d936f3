//! A runtime that answers anything: every call of the driver ends, nothing of others is touched, no exit is made up.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman_fuzz::entries;

fuzz_target!(|bytes: &[u8]| {
    entries::run("driver_replies", bytes);
});
