//! The plugin configuration, typed.

use super::check::check;
use super::plugin_options::PLUGIN_OPTIONS;
use super::problem::Problems;
use super::reader::Reader;
use super::value::Value;
use std::path::PathBuf;
use thiserror::Error;

/// Where Podman listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// The Unix socket.
    pub socket: PathBuf,
    /// Which wire to speak.
    pub wire: Wire,
}

/// The wire of an [`Endpoint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Wire {
    /// Ask the service once which one it speaks.
    Probe,
    /// libpod REST (Podman 2 and later), whatever the service says.
    Rest,
    /// `io.podman` varlink (Podman 1), whatever the service says.
    Varlink,
}

/// The text names no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is no Podman socket; write unix:///run/podman/podman.sock, http+unix:///path or varlink:///path"
)]
pub struct BadEndpoint(pub String);

/// Parses `unix:`, `http+unix:` and `varlink:` URLs (any number of slashes) and plain absolute paths.
pub fn parse_endpoint(text: &str) -> Result<Endpoint, BadEndpoint> {
    let (wire, path) = match text.split_once(':') {
        Some(("unix", path)) => (Wire::Probe, path),
        Some(("http+unix", path)) => (Wire::Rest, path),
        Some(("varlink", path)) => (Wire::Varlink, path),
        _ => (Wire::Probe, text),
    };
    // unix://run/x and unix:///run/x both mean /run/x, as they do to the Go driver.
    let trimmed = path.trim_start_matches('/');
    if !path.starts_with('/') || trimmed.is_empty() {
        return Err(BadEndpoint(text.to_owned()));
    }
    Ok(Endpoint { socket: PathBuf::from(format!("/{trimmed}")), wire })
}

/// What an operator decides for all tasks of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginConfig {
    /// Podman's socket; `None` for the default of the user that runs the plugin.
    pub endpoint: Option<Endpoint>,
    /// Host paths outside the allocation may be bound.
    pub volumes_enabled: bool,
    /// Mount option for bind mounts on SELinux hosts.
    pub selinux_label: Option<String>,
    /// Containers are removed when their task is done.
    pub remove_containers: bool,
    /// A stopped container found by recovery is started again.
    pub recover_stopped: bool,
}

impl PluginConfig {
    /// Decodes `value` by [`PLUGIN_OPTIONS`].
    ///
    /// # Errors
    /// Every option that cannot be used.
    pub fn decode(value: &Value) -> Result<Self, Problems> {
        let checked = check(PLUGIN_OPTIONS, value)?;
        let plugin = Reader(&checked);
        let (volumes, gc) = (plugin.block("volumes"), plugin.block("gc"));
        Ok(Self {
            endpoint: plugin.text("socket_path").and_then(|text| parse_endpoint(&text).ok()),
            volumes_enabled: Reader(&volumes).flag("enabled"),
            selinux_label: Reader(&volumes).text("selinuxlabel").filter(|label| !label.is_empty()),
            remove_containers: Reader(&gc).flag("container"),
            recover_stopped: plugin.flag("recover_stopped"),
        })
    }
}

impl Default for PluginConfig {
    fn default() -> Self {
        Self {
            endpoint: None,
            volumes_enabled: true,
            selinux_label: None,
            remove_containers: true,
            recover_stopped: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_configuration_is_the_default_one() {
        assert_eq!(PluginConfig::decode(&Value::empty()), Ok(PluginConfig::default()));
        assert_eq!(PluginConfig::decode(&Value::Null), Ok(PluginConfig::default()));
    }

    #[test]
    fn a_block_with_one_option_keeps_the_defaults_of_the_others() {
        let value = Value::object([("volumes", Value::object([("selinuxlabel", Value::from("z"))]))]);
        let config = PluginConfig::decode(&value).unwrap();
        assert!(config.volumes_enabled);
        assert_eq!(config.selinux_label.as_deref(), Some("z"));
    }

    #[test]
    fn sockets_are_read_with_any_number_of_slashes() {
        for text in ["unix:/run/p.sock", "unix://run/p.sock", "unix:///run/p.sock", "/run/p.sock"] {
            let endpoint = parse_endpoint(text).unwrap();
            assert_eq!(
                (endpoint.socket.to_str(), endpoint.wire),
                (Some("/run/p.sock"), Wire::Probe),
                "{text}"
            );
        }
        for text in ["", "unix:", "unix:///", "run/p.sock", "tcp://localhost:1", "ssh://x/y"] {
            assert!(parse_endpoint(text).is_err(), "{text}");
        }
    }
}
