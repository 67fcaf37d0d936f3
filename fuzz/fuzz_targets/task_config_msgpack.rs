//! Bytes of the host as a task's options, and the plan of its container.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman_fuzz::entries;

fuzz_target!(|bytes: &[u8]| {
    entries::run("task_config_msgpack", bytes);
});
