//! `ports` entries: the label of a group port, with a protocol if one is enough.

use thiserror::Error;

/// Transport protocols of a published port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Both tcp and udp, which is what a bare label means.
    Both,
    /// tcp only.
    Tcp,
    /// udp only.
    Udp,
    /// sctp only.
    Sctp,
}

/// A port as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortOption {
    /// Label in the group's network block.
    pub label: String,
    /// Which protocols.
    pub protocol: Protocol,
}

/// The text is no entry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no port; write a label of the group's network block, alone or with /tcp, /udp or /sctp")]
pub struct BadPort(pub String);

/// Parses one entry. Labels of Nomad have no slash.
pub fn parse(text: &str) -> Result<PortOption, BadPort> {
    let (label, protocol) = match text.rsplit_once('/') {
        None => (text, Protocol::Both),
        Some((label, "tcp")) => (label, Protocol::Tcp),
        Some((label, "udp")) => (label, Protocol::Udp),
        Some((label, "sctp")) => (label, Protocol::Sctp),
        Some(_) => return Err(BadPort(text.to_owned())),
    };
    if label.is_empty() || label.contains('/') {
        return Err(BadPort(text.to_owned()));
    }
    Ok(PortOption { label: label.to_owned(), protocol })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_with_and_without_protocol() {
        assert_eq!(parse("db"), Ok(PortOption { label: "db".to_owned(), protocol: Protocol::Both }));
        assert_eq!(parse("dns/udp").map(|port| port.protocol), Ok(Protocol::Udp));
        for text in ["", "/tcp", "db/icmp", "db/", "a/b/tcp"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
