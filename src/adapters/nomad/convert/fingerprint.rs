//! Health, attributes, capabilities and events for the host.

use super::time::timestamp;
use crate::adapters::nomad::proto::driver as wire;
use crate::adapters::nomad::proto::driver::driver_capabilities::{FsIsolation as WireFs, MountConfigs};
use crate::adapters::nomad::proto::driver::fingerprint_response::HealthState;
use crate::adapters::nomad::proto::driver::network_isolation_spec::NetworkIsolationMode;
use crate::adapters::nomad::proto::structs::{self, attribute};
use crate::domain::capability::{Capabilities, FsIsolation, NetworkIsolation};
use crate::domain::fingerprint::{Attribute, Fingerprint, Health};
use crate::domain::mapped::Mapped;
use crate::ports::TaskEvent;

/// One report.
pub fn fingerprint(report: Fingerprint) -> wire::FingerprintResponse {
    let health = match report.health {
        Health::Undetected => HealthState::Undetected,
        Health::Unhealthy => HealthState::Unhealthy,
        Health::Healthy => HealthState::Healthy,
    };
    wire::FingerprintResponse {
        attributes: report.attributes.into_iter().map(|(key, value)| (key, attribute(value))).mapped(),
        health: health.into(),
        health_description: report.description,
        err: String::new(),
    }
}

fn attribute(value: Attribute) -> structs::Attribute {
    let value = match value {
        Attribute::Text(text) => attribute::Value::StringVal(text),
        Attribute::Bool(flag) => attribute::Value::BoolVal(flag),
    };
    structs::Attribute { unit: String::new(), value: Some(value) }
}

/// What the driver promises.
pub fn capabilities(promised: &Capabilities) -> wire::DriverCapabilities {
    let fs_isolation = match promised.fs_isolation {
        FsIsolation::Image => WireFs::Image,
    };
    let mounts = if promised.mounts { MountConfigs::AnyMounts } else { MountConfigs::NoMounts };
    wire::DriverCapabilities {
        send_signals: promised.send_signals,
        exec: promised.exec,
        fs_isolation: fs_isolation.into(),
        network_isolation_modes: promised
            .network_isolation
            .iter()
            .map(|mode| network(*mode).into())
            .collect(),
        must_create_network: false,
        mount_configs: mounts.into(),
        disable_log_collection: false,
        dynamic_workload_users: false,
    }
}

fn network(mode: NetworkIsolation) -> NetworkIsolationMode {
    match mode {
        NetworkIsolation::Host => NetworkIsolationMode::Host,
        NetworkIsolation::Group => NetworkIsolationMode::Group,
        NetworkIsolation::Task => NetworkIsolationMode::Task,
        NetworkIsolation::None => NetworkIsolationMode::None,
    }
}

/// One task event.
pub fn event(event: TaskEvent) -> wire::DriverTaskEvent {
    wire::DriverTaskEvent {
        task_id: event.task_id.as_str().to_owned(),
        alloc_id: event.alloc_id.as_str().to_owned(),
        task_name: event.task_name,
        timestamp: Some(timestamp(Some(event.at))),
        message: event.message,
        annotations: event.annotations,
    }
}
