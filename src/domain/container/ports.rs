//! Published ports: by label of the group network (`ports`), or of the task's own network (`port_map`).

use super::spec::{Network, PublishedPort};
use crate::domain::config::Problem;
use crate::domain::config::grammar::port::{PortOption, Protocol};
use crate::domain::config::task::network::NetworkOptions;
use crate::domain::task::request::{Port, Resources, TaskNetwork};
use std::collections::BTreeMap;

/// The ports to publish. Checked also where the network cannot publish them, so that a wrong label is told.
pub fn ports(
    resources: &Resources,
    config: &NetworkOptions,
    network: &Network,
) -> Result<Vec<PublishedPort>, Problem> {
    let ports = match (config.ports.is_empty(), config.port_map.is_empty()) {
        (true, true) => vec![],
        (false, false) => return Err(Problem::new("port_map", "cannot be used together with ports")),
        (false, true) => group_ports(&resources.ports, &config.ports)?,
        (true, false) => task_ports(&resources.networks, &config.port_map)?,
    };
    Ok(if network.publishes_ports() { ports } else { vec![] })
}

fn group_ports(known: &[Port], wanted: &[PortOption]) -> Result<Vec<PublishedPort>, Problem> {
    let published = |(at, wanted): (usize, &PortOption)| {
        let port = known.iter().find(|port| port.label == wanted.label);
        let port = port.map(|port| publish(port, wanted.protocol));
        port.ok_or_else(|| unknown_label(&format!("ports[{at}]"), &wanted.label, known))
    };
    wanted.iter().enumerate().map(published).collect()
}

fn publish(port: &Port, protocol: Protocol) -> PublishedPort {
    PublishedPort {
        host_ip: port.host_ip.clone(),
        host: port.host,
        container: port.container.unwrap_or(port.host),
        protocol,
    }
}

fn unknown_label(path: &str, label: &str, known: &[Port]) -> Problem {
    let known: Vec<&str> = known.iter().map(|port| port.label.as_str()).collect();
    let have = if known.is_empty() { "no ports".to_owned() } else { known.join(", ") };
    Problem::new(path, format!("port {label:?} not found in the group's network block, which has {have}"))
}

/// All ports of the first network; the map changes the container side of those it names.
fn task_ports(
    networks: &[TaskNetwork],
    port_map: &BTreeMap<String, i64>,
) -> Result<Vec<PublishedPort>, Problem> {
    let network = networks.first().ok_or_else(|| {
        Problem::new(
            "port_map",
            "needs a network block in the task's resources; with group networks use ports",
        )
    })?;
    if let Some(label) = port_map.keys().find(|label| !network.ports.iter().any(|(known, _)| known == *label))
    {
        return Err(Problem::new(format!("port_map.{label}"), "no such port in the task's network block"));
    }
    let publish = |(label, host): &(String, u16)| {
        let container = match port_map.get(label) {
            None => *host,
            Some(port) => u16::try_from(*port).ok().filter(|port| *port > 0).ok_or_else(|| {
                Problem::new(format!("port_map.{label}"), format!("{port} is no port; use 1 to 65535"))
            })?,
        };
        Ok(PublishedPort { host_ip: network.ip.clone(), host: *host, container, protocol: Protocol::Both })
    };
    network.ports.iter().map(publish).collect()
}
