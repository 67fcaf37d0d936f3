//! All of the other targets in one program, chosen by the first byte: quick to build, for a short look at everything.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman_fuzz::entries;

fuzz_target!(|bytes: &[u8]| entries::any(bytes));
