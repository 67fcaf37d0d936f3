//! `ipc_mode`, `pid_mode`, `uts_mode` and `cgroupns`: whose namespace of a kind a task lives in.

use thiserror::Error;

/// A namespace as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamespaceOption {
    /// One of its own.
    Private,
    /// The host's.
    Host,
    /// Its own, which others may join (IPC only).
    Shareable,
    /// Its own, without `/dev/shm` (IPC only).
    None,
    /// Another container's, by name or id.
    Container(String),
    /// Another task's of the same allocation, by name.
    Task(String),
    /// One by path.
    Path(String),
}

/// The text is no mode of this kind of namespace.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is no mode; expected one of {expected}")]
pub struct BadNamespace {
    text: String,
    expected: &'static str,
}

/// Modes of `ipc_mode`.
pub const IPC: &str = "host, private, shareable, none, container:<id>, ns:<path>, task:<name>";
/// Modes of `pid_mode`.
pub const PID: &str = "host, private, container:<id>, ns:<path>, task:<name>";
/// Modes of `uts_mode` and `cgroupns`.
pub const OWN_OR_HOST: &str = "host, private, ns:<path>";

fn any(text: &str) -> Option<NamespaceOption> {
    let (word, rest) = text.split_once(':').unwrap_or((text, ""));
    Some(match (word, rest) {
        ("private", "") => NamespaceOption::Private,
        ("host", "") => NamespaceOption::Host,
        ("shareable", "") => NamespaceOption::Shareable,
        ("none", "") => NamespaceOption::None,
        ("container", id) if !id.is_empty() => NamespaceOption::Container(id.to_owned()),
        ("task", name) if !name.is_empty() => NamespaceOption::Task(name.to_owned()),
        ("ns", path) if path.starts_with('/') => NamespaceOption::Path(path.to_owned()),
        _ => return None,
    })
}

fn parse(text: &str, expected: &'static str) -> Result<NamespaceOption, BadNamespace> {
    let word = text.split(':').next().unwrap_or(text);
    let listed = expected.split(", ").any(|mode| mode.split(':').next() == Some(word));
    any(text).filter(|_| listed).ok_or_else(|| BadNamespace { text: text.to_owned(), expected })
}

/// Parses `ipc_mode`.
pub fn ipc(text: &str) -> Result<NamespaceOption, BadNamespace> {
    parse(text, IPC)
}

/// Parses `pid_mode`.
pub fn pid(text: &str) -> Result<NamespaceOption, BadNamespace> {
    parse(text, PID)
}

/// Parses `uts_mode` and `cgroupns`.
pub fn own_or_host(text: &str) -> Result<NamespaceOption, BadNamespace> {
    parse(text, OWN_OR_HOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_modes() {
        assert_eq!(ipc("shareable"), Ok(NamespaceOption::Shareable));
        assert_eq!(ipc("container:a:b"), Ok(NamespaceOption::Container("a:b".to_owned())));
        assert_eq!(pid("task:db"), Ok(NamespaceOption::Task("db".to_owned())));
        assert_eq!(own_or_host("host"), Ok(NamespaceOption::Host));
        for text in ["", "hots", "container:", "ns:x", "task:", "host:x"] {
            assert!(ipc(text).is_err(), "{text}");
        }
        assert!(pid("shareable").is_err() && own_or_host("container:x").is_err());
    }
}
