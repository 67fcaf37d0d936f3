//! The wire of Podman 1 in pieces gives the same messages as in one, each is what stood between two zero bytes, and a
//! message that is too long is refused in any pieces.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman_fuzz::entries;

fuzz_target!(|bytes: &[u8]| {
    entries::run("varlink_frame", bytes);
});
