//! Each grammar of an option's value: a value or a reason that names what is wrong.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman_fuzz::entries;

fuzz_target!(|bytes: &[u8]| {
    entries::run("grammar", bytes);
});
