//! `userns`: how users of the container relate to users of the host.

use thiserror::Error;

/// A user namespace as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserNamespace {
    /// The one Podman itself runs in.
    Host,
    /// The user that runs Podman keeps its id inside; options `uid=`, `gid=`, `size=` verbatim.
    KeepId(String),
    /// One of its own with ids that nobody else has.
    Auto(AutoUserNamespace),
    /// Rootless: the user that runs Podman does not exist inside.
    NoMap,
    /// One by path.
    Path(String),
}

/// What an automatic namespace shall contain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AutoUserNamespace {
    /// How many ids; `None` for as many as the image needs.
    pub size: Option<u32>,
    /// User ids that must be mapped so.
    pub uids: Vec<IdMapping>,
    /// Group ids that must be mapped so.
    pub gids: Vec<IdMapping>,
}

/// A range of ids inside and outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdMapping {
    /// First id in the container.
    pub container: u32,
    /// First id on the host.
    pub host: u32,
    /// How many.
    pub size: u32,
}

/// The text is no user namespace.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadUserNamespace {
    /// No known mode.
    #[error("unknown userns mode {0:?}; use auto, host, keep-id, nomap or ns:PATH")]
    Mode(String),
    /// An option of `auto`.
    #[error("invalid userns auto option {0:?}; use size=N, uidmapping=C:H:N or gidmapping=C:H:N")]
    Option(String),
}

/// Parses a mode with its options.
pub fn parse(text: &str) -> Result<UserNamespace, BadUserNamespace> {
    let (mode, rest) = text.split_once(':').unwrap_or((text, ""));
    Ok(match (mode, rest) {
        ("host", "") => UserNamespace::Host,
        ("nomap", "") => UserNamespace::NoMap,
        ("keep-id", options) => UserNamespace::KeepId(options.to_owned()),
        ("auto", options) => UserNamespace::Auto(auto(options)?),
        ("ns", path) if path.starts_with('/') => UserNamespace::Path(path.to_owned()),
        _ => return Err(BadUserNamespace::Mode(text.to_owned())),
    })
}

fn auto(options: &str) -> Result<AutoUserNamespace, BadUserNamespace> {
    let mut auto = AutoUserNamespace::default();
    for option in options.split(',').filter(|option| !option.is_empty()) {
        let bad = || BadUserNamespace::Option(option.to_owned());
        match option.split_once('=') {
            Some(("size", size)) => auto.size = Some(size.parse().map_err(|_| bad())?),
            Some(("uidmapping", map)) => auto.uids.push(mapping(map).ok_or_else(bad)?),
            Some(("gidmapping", map)) => auto.gids.push(mapping(map).ok_or_else(bad)?),
            _ => return Err(bad()),
        }
    }
    Ok(auto)
}

fn mapping(text: &str) -> Option<IdMapping> {
    let numbers: Vec<u32> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    match numbers.as_slice() {
        [container, host, size] => Some(IdMapping { container: *container, host: *host, size: *size }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_and_their_options() {
        assert_eq!(parse("host"), Ok(UserNamespace::Host));
        assert_eq!(parse("keep-id:uid=200"), Ok(UserNamespace::KeepId("uid=200".to_owned())));
        assert_eq!(parse("auto"), Ok(UserNamespace::Auto(AutoUserNamespace::default())));
        let wanted = AutoUserNamespace {
            size: Some(65536),
            uids: vec![IdMapping { container: 0, host: 100_000, size: 10 }],
            gids: vec![],
        };
        assert_eq!(parse("auto:size=65536,uidmapping=0:100000:10"), Ok(UserNamespace::Auto(wanted)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "private", "auto:size=x", "auto:uidmapping=1:2", "auto:x", "container:x", "ns:x"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
