//! Bytes of the host as the plugin's options.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman_fuzz::entries;

fuzz_target!(|bytes: &[u8]| {
    entries::run("plugin_config_msgpack", bytes);
});
