//! Names of images: what is taken can be read again, and a name of Docker that is one when converted stays as it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman_fuzz::entries;

fuzz_target!(|bytes: &[u8]| {
    entries::run("image_ref", bytes);
});
