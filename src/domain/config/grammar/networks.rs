//! `networks` entries: `name[:option,…]` with the options of `podman run --network`.

use super::address;
use std::net::IpAddr;
use thiserror::Error;

/// A network to join.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attachment {
    /// The network's name.
    pub name: String,
    /// Addresses to have there; empty for what the network gives.
    pub ips: Vec<IpAddr>,
    /// Hardware address.
    pub mac: Option<String>,
    /// Names by which other containers of the network find this one.
    pub aliases: Vec<String>,
    /// Name of the interface inside.
    pub interface: Option<String>,
}

/// The text is no entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadNetwork {
    /// A name that Podman would not give to a network.
    #[error("{0:?} is no name of a network")]
    Name(String),
    /// An option that is not known or has no value.
    #[error("{0:?} is no option of a network; use ip=, ip6=, mac=, alias= or interface_name=")]
    Option(String),
    /// An address.
    #[error(transparent)]
    Address(#[from] address::BadAddress),
}

/// Whether Podman could have a network of this name.
pub fn is_name(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(good)
}

/// Parses one entry.
pub fn parse(text: &str) -> Result<Attachment, BadNetwork> {
    let (name, options) = text.split_once(':').unwrap_or((text, ""));
    if !is_name(name) {
        return Err(BadNetwork::Name(name.to_owned()));
    }
    let mut network = Attachment { name: name.to_owned(), ..Attachment::default() };
    for option in options.split(',').filter(|option| !option.is_empty()) {
        apply(&mut network, option)?;
    }
    Ok(network)
}

fn apply(network: &mut Attachment, option: &str) -> Result<(), BadNetwork> {
    match option.split_once('=') {
        Some(("ip", value)) => network.ips.push(address::ipv4(value)?),
        Some(("ip6", value)) => network.ips.push(address::ipv6(value)?),
        Some(("mac", value)) => network.mac = Some(address::mac(value)?),
        Some(("alias", value)) if !value.is_empty() => network.aliases.push(value.to_owned()),
        Some(("interface_name", value)) if !value.is_empty() => network.interface = Some(value.to_owned()),
        _ => return Err(BadNetwork::Option(option.to_owned())),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_with_options() {
        let network = parse("back:ip=10.89.0.5,alias=db,alias=sql,interface_name=eth1").unwrap();
        assert_eq!((network.name.as_str(), network.ips.len()), ("back", 1));
        assert_eq!(network.aliases, ["db", "sql"]);
        assert_eq!(network.interface.as_deref(), Some("eth1"));
        assert_eq!(parse("back").unwrap().name, "back");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", ":ip=1.2.3.4", "a b", "x:ip=z", "x:ip=fd00::1", "x:alias=", "x:mtu=1"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
