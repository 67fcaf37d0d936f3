//! Frames of a hijacked stream in pieces give the same output as in one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman_fuzz::entries;

fuzz_target!(|bytes: &[u8]| {
    entries::run("log_frames", bytes);
});
