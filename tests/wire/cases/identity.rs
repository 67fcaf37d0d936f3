//! Who the plugin says it is, what it can, and what it can be told.

use crate::lab::Lab;
use nomad_driver_podman::adapters::nomad::proto::base::PluginType;
use nomad_driver_podman::adapters::nomad::proto::driver::driver_capabilities::{FsIsolation, MountConfigs};
use nomad_driver_podman::adapters::nomad::proto::driver::network_isolation_spec::NetworkIsolationMode;
use nomad_driver_podman::adapters::nomad::proto::hclspec::{Spec, spec::Block};
use std::collections::BTreeMap;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

pub async fn the_plugin_says_who_it_is(lab: &Lab) {
    let info = lab.launch().await.info().await;
    assert_eq!(info.r#type(), PluginType::Driver);
    assert_eq!(info.name, "podman");
    assert_eq!(info.plugin_api_versions, ["v0.1.0"]);
    let core = info.plugin_version.split(['-', '+']).next().unwrap();
    assert!(core.split('.').all(|number| number.parse::<u32>().is_ok()), "{}", info.plugin_version);
}

pub async fn the_health_service_knows_the_plugin(lab: &Lab) {
    let plugin = lab.launch().await;
    let mut health = HealthClient::new(plugin.host().channel.clone());
    let request = HealthCheckRequest { service: "plugin".to_owned() };
    let status = health.check(request).await.unwrap().into_inner().status();
    assert_eq!(status, ServingStatus::Serving);
}

/// Before it was configured as well: the agent does not promise an order.
pub async fn the_driver_says_what_it_can(lab: &Lab) {
    let capabilities = lab.launch().await.capabilities().await;
    assert!(capabilities.send_signals && capabilities.exec);
    assert_eq!(capabilities.fs_isolation(), FsIsolation::Image);
    assert_eq!(capabilities.mount_configs(), MountConfigs::AnyMounts);
    assert!(!capabilities.must_create_network && !capabilities.disable_log_collection);
    let modes: Vec<_> = capabilities.network_isolation_modes().collect();
    for mode in [NetworkIsolationMode::Host, NetworkIsolationMode::Group, NetworkIsolationMode::Task] {
        assert!(modes.contains(&mode), "{mode:?}");
    }
}

pub async fn the_plugins_schema_has_every_documented_option(lab: &Lab) {
    let schema = lab.launch().await.config_schema().await;
    let options = options(&schema);
    for name in ["socket_path", "volumes", "gc", "recover_stopped"] {
        assert!(options.contains_key(name), "{name}");
    }
    assert_eq!(kind(options["socket_path"]), "string");
    assert_eq!(kind(options["recover_stopped"]), "bool");
    let gc = inner(options["gc"]);
    let volumes = inner(options["volumes"]);
    assert_eq!(kind(options_of(&gc, "container")), "bool");
    assert_eq!(kind(options_of(&volumes, "enabled")), "bool");
    assert_eq!(kind(options_of(&volumes, "selinuxlabel")), "string");
}

pub async fn the_tasks_schema_has_every_documented_option(lab: &Lab) {
    let schema = lab.launch().await.task_schema().await;
    let options = options(&schema);
    let documented = [
        ("image", "string"),
        ("command", "string"),
        ("args", "list(string)"),
        // A string or a list of strings.
        ("entrypoint", "any"),
        ("working_dir", "string"),
        ("volumes", "list(string)"),
        ("tmpfs", "list(string)"),
        ("hostname", "string"),
        ("init", "bool"),
        ("init_path", "string"),
        ("memory_reservation", "string"),
        ("memory_swap", "string"),
        ("memory_swappiness", "number"),
        ("network_mode", "string"),
        ("ports", "list(string)"),
        ("port_map", "list(map(number))"),
    ];
    for (name, expected) in documented {
        let spec = options.get(name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(kind(spec), expected, "{name}");
    }
}

pub async fn networks_are_left_to_the_client(lab: &Lab) {
    let plugin = lab.launch().await;
    let alloc = lab.alloc_id();
    assert!(plugin.create_network(&alloc).await.unwrap_err().message.contains("network"));
    assert!(plugin.destroy_network(&alloc).await.unwrap_err().message.contains("network"));
}

/// The options of an object, each with a spec that the agent can convert.
fn options(schema: &Spec) -> BTreeMap<&str, &Spec> {
    let Some(Block::Object(object)) = &schema.block else { panic!("no object: {schema:?}") };
    object.attributes.iter().map(|(name, spec)| (name.as_str(), spec)).collect()
}

/// The type of an option. Inside a default, the name must be said again.
fn kind(spec: &Spec) -> &str {
    match spec.block.as_ref().expect("an empty oneof") {
        Block::Attr(attr) => &attr.r#type,
        Block::Default(default) => {
            let primary = default.primary.as_ref().unwrap();
            let Some(Block::Attr(attr)) = &primary.block else { panic!("{primary:?}") };
            assert!(!attr.name.is_empty(), "Missing name in attribute spec");
            kind(primary)
        }
        other => panic!("no attribute: {other:?}"),
    }
}

/// What is inside a block, with or without a default.
fn inner(spec: &Spec) -> Spec {
    match spec.block.as_ref().unwrap() {
        Block::BlockValue(block) => *block.nested.clone().unwrap(),
        Block::Default(default) => inner(default.primary.as_ref().unwrap()),
        other => panic!("no block: {other:?}"),
    }
}

fn options_of<'s>(schema: &'s Spec, name: &str) -> &'s Spec {
    options(schema)[name]
}
