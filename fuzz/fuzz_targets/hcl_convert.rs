//! Any text as a job of Docker: the result can be read, and there is nothing in it to convert.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman_fuzz::entries;

fuzz_target!(|bytes: &[u8]| {
    entries::run("hcl_convert", bytes);
});
