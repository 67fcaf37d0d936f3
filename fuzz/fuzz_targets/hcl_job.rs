//! Any text as a job and as an agent's configuration, judged and told in every form.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman_fuzz::entries;

fuzz_target!(|bytes: &[u8]| {
    entries::run("hcl_job", bytes);
});
