//! Network namespace, published ports, name resolution.

use super::Bad;
use crate::domain::container::ContainerSpec;
use crate::domain::container::spec::{Network as Mode, PublishedPort};
use crate::ports::ErrorKind;
use serde::Serialize;
use std::collections::BTreeMap;

/// The network topic of the SpecGenerator.
#[derive(Serialize)]
pub struct Network<'a> {
    netns: Namespace<'a>,
    /// By mode. Only pasta's are read from here alone; those of slirp4netns are the namespace's value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    network_options: BTreeMap<&'static str, Vec<&'a str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    portmappings: Vec<PortMapping<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hostadd: Vec<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    dns_server: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    dns_search: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    dns_option: &'a [String],
}

#[derive(Serialize)]
struct Namespace<'a> {
    nsmode: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    value: &'a str,
}

#[derive(Serialize)]
struct PortMapping<'a> {
    host_ip: &'a str,
    host_port: u16,
    container_port: u16,
    protocol: &'static str,
}

/// The topic of `spec`.
pub fn network(spec: &ContainerSpec, major: u32) -> Result<Network<'_>, Bad> {
    let dns = spec.dns.as_ref();
    Ok(Network {
        netns: namespace(&spec.network, major)?,
        network_options: options(&spec.network),
        portmappings: spec.ports.iter().map(port).collect(),
        hostadd: spec.hosts.iter().map(|(address, name)| format!("{name}:{address}")).collect(),
        dns_server: dns.map_or(&[], |dns| &dns.servers),
        dns_search: dns.map_or(&[], |dns| &dns.searches),
        dns_option: dns.map_or(&[], |dns| &dns.options),
    })
}

fn namespace(mode: &Mode, major: u32) -> Result<Namespace<'_>, Bad> {
    let (nsmode, value) = match mode {
        Mode::Bridge => ("bridge", ""),
        Mode::Host => ("host", ""),
        Mode::None => ("none", ""),
        Mode::Slirp4netns(options) => ("slirp4netns", options.as_str()),
        // 4.4 and later; 4.0 to 4.3 refuse it themselves, older ones would take it for a network's name.
        Mode::Pasta(_) if major < 4 => {
            let reason = format!("network_mode pasta needs Podman 4.4, this is {major}");
            return Err(Bad { kind: ErrorKind::Unsupported, reason });
        }
        Mode::Pasta(_) => ("pasta", ""),
        Mode::Container(id) => ("container", id.as_str()),
        Mode::Path(path) => ("path", path.as_str()),
    };
    Ok(Namespace { nsmode, value })
}

fn options(mode: &Mode) -> BTreeMap<&'static str, Vec<&str>> {
    let Mode::Pasta(options) = mode else { return BTreeMap::new() };
    let options: Vec<&str> = options.split(',').filter(|option| !option.is_empty()).collect();
    if options.is_empty() { BTreeMap::new() } else { BTreeMap::from([("pasta", options)]) }
}

fn port(port: &PublishedPort) -> PortMapping<'_> {
    PortMapping {
        host_ip: &port.host_ip,
        host_port: port.host,
        container_port: port.container,
        protocol: "tcp,udp",
    }
}
