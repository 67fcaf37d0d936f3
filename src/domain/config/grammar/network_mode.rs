//! `network_mode`: which network namespace a task gets when Nomad does not pass one in.

use thiserror::Error;

/// The mode as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkModeOption {
    /// Podman's default bridge.
    Bridge,
    /// The host's namespace.
    Host,
    /// A namespace with loopback only.
    None,
    /// User-mode networking; options after the first colon are passed on.
    Slirp4netns(String),
    /// User-mode networking of Podman 4.4 and later, rootless only.
    Pasta(String),
    /// The namespace of another container, by name or id.
    Container(String),
    /// The namespace of another task of the same allocation, by task name.
    Task(String),
    /// A namespace by path.
    Path(String),
    /// A network made with `podman network create`, by name.
    Named(String),
}

/// The text is no mode.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is no network mode; use bridge, host, none, slirp4netns, pasta, container:ID, task:NAME, ns:PATH or \
     the name of a network of Podman"
)]
pub struct BadNetworkMode(pub String);

/// Parses a mode.
pub fn parse(text: &str) -> Result<NetworkModeOption, BadNetworkMode> {
    let (word, rest) = text.split_once(':').unwrap_or((text, ""));
    Ok(match (word, rest) {
        ("bridge", "") => NetworkModeOption::Bridge,
        ("host", "") => NetworkModeOption::Host,
        ("none", "") => NetworkModeOption::None,
        ("slirp4netns", options) => NetworkModeOption::Slirp4netns(options.to_owned()),
        ("pasta", options) => NetworkModeOption::Pasta(options.to_owned()),
        ("container", id) if !id.is_empty() => NetworkModeOption::Container(id.to_owned()),
        ("task", name) if !name.is_empty() => NetworkModeOption::Task(name.to_owned()),
        ("ns", path) if path.starts_with('/') => NetworkModeOption::Path(path.to_owned()),
        (name, "") if text == name && super::networks::is_name(name) => {
            NetworkModeOption::Named(name.to_owned())
        }
        _ => return Err(BadNetworkMode(text.to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_modes_are_read() {
        for text in
            ["bridge", "host", "none", "slirp4netns", "container:web", "task:db", "ns:/run/netns/x", "pasta"]
        {
            assert!(parse(text).is_ok(), "{text}");
        }
        assert_eq!(parse("backend"), Ok(NetworkModeOption::Named("backend".to_owned())));
        assert_eq!(parse("slirp4netns:mtu=1500"), Ok(NetworkModeOption::Slirp4netns("mtu=1500".to_owned())));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "a b", "bridge:x", "container:", "task:", "ns:relative", "host:1"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
