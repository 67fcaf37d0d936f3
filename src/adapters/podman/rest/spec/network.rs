//! Network namespace, published ports, name resolution.

use super::{Bad, Version};
use crate::domain::config::grammar::networks::Attachment;
use crate::domain::config::grammar::port::Protocol;
use crate::domain::container::ContainerSpec;
use crate::domain::container::spec::{Network as Mode, PublishedPort};
use crate::domain::mapped::Mapped;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The network topic of the SpecGenerator.
#[derive(Serialize)]
pub struct Network<'a> {
    netns: Namespace<'a>,
    /// By mode. Only pasta's are read from here alone; those of slirp4netns are the namespace's value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    network_options: BTreeMap<&'static str, Vec<&'a str>>,
    /// With a capital, as Go writes a field without a tag (4.0 and later).
    #[serde(rename = "Networks", skip_serializing_if = "BTreeMap::is_empty")]
    networks: BTreeMap<&'a str, PerNetwork<'a>>,
    #[serde(flatten)]
    before_4: Before4<'a>,
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
struct PerNetwork<'a> {
    #[serde(skip_serializing_if = "<[IpAddr]>::is_empty")]
    static_ips: &'a [IpAddr],
    #[serde(skip_serializing_if = "Option::is_none")]
    static_mac: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    aliases: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    interface_name: Option<&'a str>,
}

/// How networks were named before 4.0: addresses of one, aliases by network.
#[derive(Default, Serialize)]
struct Before4<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cni_networks: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    static_ip: Option<IpAddr>,
    /// Its bytes in base64: until 4.0 it was a plain list of bytes to Go.
    #[serde(skip_serializing_if = "Option::is_none")]
    static_mac: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    aliases: BTreeMap<&'a str, &'a [String]>,
}

#[derive(Serialize)]
struct PortMapping<'a> {
    host_ip: &'a str,
    host_port: u16,
    container_port: u16,
    protocol: &'static str,
}

/// The topic of `spec`.
pub fn network(spec: &ContainerSpec, version: Version) -> Result<Network<'_>, Bad> {
    let dns = spec.dns.as_ref();
    Ok(Network {
        netns: namespace(&spec.network, version)?,
        network_options: options(&spec.network),
        networks: networks(&spec.network, version),
        before_4: before_4(&spec.network, version)?,
        portmappings: spec.ports.iter().map(port).collect(),
        hostadd: spec.hosts.iter().map(|(address, name)| format!("{name}:{address}")).collect(),
        dns_server: dns.map_or(&[], |dns| &dns.servers),
        dns_search: dns.map_or(&[], |dns| &dns.searches),
        dns_option: dns.map_or(&[], |dns| &dns.options),
    })
}

fn namespace(mode: &Mode, version: Version) -> Result<Namespace<'_>, Bad> {
    let (nsmode, value) = match mode {
        Mode::Bridge => ("bridge", ""),
        Mode::Host => ("host", ""),
        Mode::None => ("none", ""),
        Mode::Slirp4netns(options) => ("slirp4netns", options.as_str()),
        // Older ones would take it for a network's name.
        Mode::Pasta(_) => {
            version.needs("network_mode pasta", Version(4, 4))?;
            ("pasta", "")
        }
        Mode::Networks(_) => ("bridge", ""),
        Mode::Container(id) => ("container", id.as_str()),
        Mode::Path(path) => ("path", path.as_str()),
    };
    Ok(Namespace { nsmode, value })
}

fn options(mode: &Mode) -> BTreeMap<&'static str, Vec<&str>> {
    let Mode::Pasta(options) = mode else { return BTreeMap::new() };
    let options: Vec<&str> = options.split(',').filter(|option| !option.is_empty()).collect();
    let given = (!options.is_empty()).then_some(("pasta", options));
    given.into_iter().mapped()
}

fn joined(mode: &Mode) -> &[Attachment] {
    match mode {
        Mode::Networks(networks) => networks,
        _ => &[],
    }
}

fn networks(mode: &Mode, version: Version) -> BTreeMap<&str, PerNetwork<'_>> {
    if version < Version(4, 0) {
        return BTreeMap::new();
    }
    joined(mode).iter().map(|network| (network.name.as_str(), per_network(network))).mapped()
}

fn per_network(network: &Attachment) -> PerNetwork<'_> {
    PerNetwork {
        static_ips: &network.ips,
        static_mac: network.mac.as_deref(),
        aliases: &network.aliases,
        interface_name: network.interface.as_deref(),
    }
}

fn before_4(mode: &Mode, version: Version) -> Result<Before4<'_>, Bad> {
    let networks = joined(mode);
    if version >= Version(4, 0) || networks.is_empty() {
        return Ok(Before4::default());
    }
    let several =
        networks.len() > 1 && networks.iter().any(|network| !network.ips.is_empty() || network.mac.is_some());
    let many_ips =
        networks.iter().any(|network| network.ips.len() > 1 || network.ips.iter().any(IpAddr::is_ipv6));
    version.needs_if(several, "static addresses on one of several networks", Version(4, 0))?;
    version.needs_if(many_ips, "IPv6 or several static_ips", Version(4, 0))?;
    version.needs_if(networks.iter().any(|n| n.interface.is_some()), "interface_name", Version(4, 0))?;
    let first = networks.first();
    let named = networks.iter().filter(|network| network.name != "default");
    let aliased = networks.iter().filter(|network| !network.aliases.is_empty());
    Ok(Before4 {
        cni_networks: named.map(|network| network.name.as_str()).collect(),
        static_ip: first.and_then(|network| network.ips.first().copied()),
        static_mac: first.and_then(|network| network.mac.as_deref()).map(mac_bytes),
        aliases: aliased.map(|network| (network.name.as_str(), network.aliases.as_slice())).mapped(),
    })
}

/// `92:d0:c6:0a:29:33`, checked, in base64.
fn mac_bytes(mac: &str) -> String {
    let parts = mac.split([':', '-']).filter_map(|part| u8::from_str_radix(part, 16).ok());
    STANDARD.encode(parts.collect::<Vec<u8>>())
}

fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Both => "tcp,udp",
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
        Protocol::Sctp => "sctp",
    }
}

fn port(port: &PublishedPort) -> PortMapping<'_> {
    PortMapping {
        host_ip: &port.host_ip,
        host_port: port.host,
        container_port: port.container,
        protocol: protocol(port.protocol),
    }
}
