//! Network namespace, published ports, name resolution.

use super::Create;
use crate::domain::config::grammar::networks::Attachment;
use crate::domain::config::grammar::port::Protocol;
use crate::domain::container::ContainerSpec;
use crate::domain::container::spec::{Network, PublishedPort};

/// The topic of `spec`.
pub(super) fn network(spec: &ContainerSpec, create: &mut Create) {
    create.set("network", mode(&spec.network));
    if let Network::Networks(networks) = &spec.network {
        addresses(networks, create);
    }
    create.list("publish", spec.ports.iter().flat_map(ports));
    create.list("addHost", spec.hosts.iter().map(|(address, name)| format!("{name}:{address}")));
    if let Some(dns) = &spec.dns {
        create.list("dns", dns.servers.iter().cloned());
        create.list("dnsSearch", dns.searches.iter().cloned());
        create.list("dnsOpt", dns.options.iter().cloned());
    }
}

fn mode(network: &Network) -> String {
    match network {
        Network::Bridge | Network::Pasta(_) => "bridge".to_owned(),
        Network::Host => "host".to_owned(),
        Network::None => "none".to_owned(),
        Network::Slirp4netns(_) => "slirp4netns".to_owned(),
        Network::Container(id) => format!("container:{id}"),
        Network::Path(path) => format!("ns:{path}"),
        Network::Networks(networks) => match networks.as_slice() {
            [only] if only.name == "default" => "bridge".to_owned(),
            several => several.iter().map(|network| network.name.as_str()).collect::<Vec<_>>().join(","),
        },
    }
}

fn addresses(networks: &[Attachment], create: &mut Create) {
    let [only] = networks else { return };
    create.set_some("ip", only.ips.first().map(ToString::to_string));
    create.set_some("macAddress", only.mac.as_deref());
}

/// `[ADDRESS:]HOST:CONTAINER/PROTOCOL`, where an IPv6 address stands in brackets.
fn ports(port: &PublishedPort) -> Vec<String> {
    let address = match port.host_ip.as_str() {
        "" => String::new(),
        ip if ip.contains(':') => format!("[{ip}]:"),
        ip => format!("{ip}:"),
    };
    let protocols: &[&str] = match port.protocol {
        Protocol::Both => &["tcp", "udp"],
        Protocol::Tcp => &["tcp"],
        Protocol::Udp => &["udp"],
        Protocol::Sctp => &["sctp"],
    };
    let one = |protocol: &&str| format!("{address}{}:{}/{protocol}", port.host, port.container);
    protocols.iter().map(one).collect()
}
