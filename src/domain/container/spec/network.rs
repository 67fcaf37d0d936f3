//! Networks and ports.

use crate::domain::config::grammar::networks::Attachment;
use crate::domain::config::grammar::port::Protocol;

/// Where a container's network comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// The runtime's default bridge.
    Bridge,
    /// The host's.
    Host,
    /// Loopback only.
    None,
    /// User-mode network, with options.
    Slirp4netns(String),
    /// User-mode network of newer runtimes, with options.
    Pasta(String),
    /// Another container's, by name or id.
    Container(String),
    /// A namespace by path.
    Path(String),
    /// Networks that the runtime keeps. The name `default` is that of the default bridge.
    Networks(Vec<Attachment>),
}

impl Network {
    /// Whether the container may have an address that others reach it by. It has that of a namespace that it joins.
    pub fn may_have_address(&self) -> bool {
        !matches!(self, Self::Host | Self::None)
    }

    /// Whether the runtime can publish ports of this network itself.
    pub fn publishes_ports(&self) -> bool {
        match self {
            Self::Bridge | Self::Slirp4netns(_) | Self::Pasta(_) | Self::Networks(_) => true,
            Self::Host | Self::None | Self::Container(_) | Self::Path(_) => false,
        }
    }
}

/// A port of the container reachable on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedPort {
    /// Host address; empty for all.
    pub host_ip: String,
    /// On the host.
    pub host: u16,
    /// In the container.
    pub container: u16,
    /// Over what.
    pub protocol: Protocol,
}
