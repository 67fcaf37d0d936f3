//! Options: bytes of the host, the grammars of values, names of images.

use super::text;
use nomad_driver_podman::adapters::nomad::convert::msgpack;
use nomad_driver_podman::domain::config::grammar::*;
use nomad_driver_podman::domain::config::plugin::parse_endpoint;
use nomad_driver_podman::domain::config::{PluginConfig, TaskConfig, Value, docker};
use nomad_driver_podman::domain::container::{Node, plan};
use nomad_driver_podman::domain::fingerprint::RuntimeFacts;
use nomad_driver_podman::domain::image::{Image, ImageRef};
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::task::request::{Resources, TaskDirs, TaskMeta, TaskRequest};
use nomad_driver_podman::domain::task::{AllocId, TaskId};
use nomad_driver_podman::domain::{duration, policy};
use std::fmt::Display;
use std::path::PathBuf;

/// Bytes of the host as a task's options, and the plan of its container.
pub fn task_msgpack(bytes: &[u8]) {
    let Ok(value) = msgpack::decode(bytes) else { return };
    let Ok(config) = TaskConfig::decode(&value) else { return };
    let plugin = PluginConfig::default();
    let _ = policy::check(&plugin.policy.rules("default"), &config, plugin.default_socket_name());
    for cgroup_version in [1, 2] {
        let runtime = RuntimeFacts { cgroup_version, version: "4.9.4".to_owned(), ..RuntimeFacts::default() };
        let _ = plan(&task(), &config, Node { plugin: &plugin, runtime: &runtime, cores: 4 });
    }
}

/// Bytes of the host as the plugin's options.
pub fn plugin_msgpack(bytes: &[u8]) {
    let Ok(value) = msgpack::decode(bytes) else { return };
    match PluginConfig::decode(&value) {
        Ok(plugin) => {
            assert!(plugin.default_socket() < plugin.sockets.len());
            let _ = plugin.policy.rules("default");
        }
        Err(problems) => assert!(!problems.0.is_empty()),
    }
}

fn tried<T, E: Display>(result: Result<T, E>) {
    if let Err(reason) = result {
        assert!(!reason.to_string().is_empty());
    }
}

/// Each grammar of an option's value: a value or a reason that names what is wrong.
pub fn grammar(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    tried(volume::parse(text));
    tried(port::parse(text));
    tried(tmpfs::parse(text));
    tried(device::parse(text));
    tried(secret::parse(text));
    tried(memory::parse(text));
    tried(memory::bytes(text));
    tried(ulimit::parse(text));
    tried(hosts::parse(text));
    tried(userns::parse(text));
    tried(networks::parse(text));
    tried(network_mode::parse(text));
    tried(capability::parse(text));
    tried(security::parse(text));
    tried(namespace::ipc(text));
    tried(namespace::pid(text));
    tried(namespace::own_or_host(text));
    tried(address::ip(text));
    tried(address::mac(text));
    tried(parse_endpoint(text));
    tried(duration::parse(text));
    tried(text.parse::<Signal>());
}

/// Names of images: what is taken can be read again, and a name of Docker that is one when converted stays as it is.
pub fn image_ref(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Ok(image) = ImageRef::parse(text) {
        assert_eq!(ImageRef::parse(image.as_str()).as_ref(), Ok(&image));
        assert!(image.as_str().starts_with(image.repository()));
        assert!(image.registry().is_none_or(|registry| image.repository().starts_with(registry)));
    }
    let _ = Image::parse(text);
    // As for Docker, one https:// goes; behind a second one is no name.
    if let Some(name) = docker::image(text).filter(|name| ImageRef::parse(name).is_ok()) {
        assert_eq!(docker::image(&name), None, "{name}");
    }
}

/// A task with nothing special around its options.
fn task() -> TaskRequest {
    TaskRequest {
        id: TaskId::new("alloc-1/web/00000001"),
        meta: TaskMeta {
            task_name: "web".to_owned(),
            alloc_id: AllocId::new("alloc-1"),
            group_name: "g".to_owned(),
            job_name: "j".to_owned(),
            job_id: "j1".to_owned(),
            namespace: "default".to_owned(),
            node_name: "n".to_owned(),
            node_id: "n1".to_owned(),
        },
        config: Value::Null,
        env: [("A", "1")].into_iter().collect(),
        resources: Resources::default(),
        mounts: vec![],
        devices: vec![],
        user: None,
        dirs: TaskDirs {
            alloc: PathBuf::from("/nowhere/alloc-1").into(),
            task_name: "web".to_owned(),
            stdout: PathBuf::from("/dev/null").into(),
            stderr: PathBuf::from("/dev/null").into(),
        },
        network: None,
        dns: None,
    }
}
