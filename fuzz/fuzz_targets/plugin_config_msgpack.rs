//! Bytes of the host as the plugin's options.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman::adapters::nomad::convert::msgpack;
use nomad_driver_podman::domain::config::PluginConfig;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = msgpack::decode(bytes) else { return };
    match PluginConfig::decode(&value) {
        Ok(plugin) => {
            assert!(plugin.default_socket() < plugin.sockets.len());
            let _ = plugin.policy.rules("default");
        }
        Err(problems) => assert!(!problems.0.is_empty()),
    }
});
