//! Bytes of the host as a task's options, and the plan of its container.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman::adapters::nomad::convert::msgpack;
use nomad_driver_podman::domain::config::{PluginConfig, TaskConfig};
use nomad_driver_podman::domain::container::{Node, plan};
use nomad_driver_podman::domain::fingerprint::RuntimeFacts;
use nomad_driver_podman::domain::policy;
use nomad_driver_podman_fuzz::task;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = msgpack::decode(bytes) else { return };
    let Ok(config) = TaskConfig::decode(&value) else { return };
    let plugin = PluginConfig::default();
    let _ = policy::check(&plugin.policy.rules("default"), &config);
    for cgroup_version in [1, 2] {
        let runtime = RuntimeFacts { cgroup_version, version: "4.9.4".to_owned(), ..RuntimeFacts::default() };
        let _ = plan(&task(), &config, Node { plugin: &plugin, runtime: &runtime, cores: 4 });
    }
});
