//! The plugin configuration, typed.

use super::check::check;
use super::gc::Gc;
use super::grammar::network_mode::{self, BadNetworkMode, NetworkModeOption};
use super::plugin_options::PLUGIN_OPTIONS;
use super::policy::Policy;
use super::problem::{Problem, Problems};
use super::reader::Reader;
use super::task::logging::{self, LoggingOptions};
use super::value::Value;
use crate::domain::duration;
use std::path::PathBuf;
use std::time::Duration;
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

/// Parses `default_rootless_mode`: a network that a task can have for itself.
pub fn parse_rootless_mode(text: &str) -> Result<NetworkModeOption, BadNetworkMode> {
    network_mode::parse(text)
}

/// A Podman that tasks may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// What tasks call it.
    pub name: String,
    /// Where it listens; `None` for the default of the user that runs the plugin.
    pub endpoint: Option<Endpoint>,
}

/// Name of the socket of tasks that name none.
pub const DEFAULT_SOCKET: &str = "default";

/// What an operator decides for all tasks of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginConfig {
    /// Podmans, at least one, each name once.
    pub sockets: Vec<Socket>,
    /// How long Podman may take to say how it is; `None` for the usual time.
    pub query_timeout: Option<Duration>,
    /// Host paths outside the allocation may be bound.
    pub volumes_enabled: bool,
    /// Mount option for bind mounts on SELinux hosts.
    pub selinux_label: Option<String>,
    /// Containers are removed when their task is done.
    pub remove_containers: bool,
    /// What else is cleaned up.
    pub gc: Gc,
    /// A stopped container found by recovery is started again.
    pub recover_stopped: bool,
    /// Output is left to Podman's own log driver.
    pub disable_log_collection: bool,
    /// For tasks that say nothing.
    pub logging: LoggingOptions,
    /// Patterns of the labels to add.
    pub extra_labels: Vec<String>,
    /// Name servers of tasks that say nothing.
    pub dns_servers: Vec<String>,
    /// Where accounts come from.
    pub credentials: CredentialSources,
    /// The network of tasks on rootless Podman that say nothing.
    pub default_rootless_mode: Option<NetworkModeOption>,
    /// What tasks may ask for.
    pub policy: Policy,
}

/// Where accounts for registries come from, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CredentialSources {
    /// A file of `podman login`.
    pub file: Option<PathBuf>,
    /// The NAME of `docker-credential-NAME`.
    pub helper: Option<String>,
}

impl PluginConfig {
    /// Decodes `value` by [`PLUGIN_OPTIONS`].
    ///
    /// # Errors
    /// Every option that cannot be used.
    pub fn decode(value: &Value) -> Result<Self, Problems> {
        let checked = check(PLUGIN_OPTIONS, value)?;
        let plugin = Reader(&checked);
        let (volumes, gc, auth) = (plugin.block("volumes"), plugin.block("gc"), plugin.block("auth"));
        let networking = plugin.block("networking");
        let mut problems = Problems::default();
        let config = Self {
            sockets: sockets(plugin, &mut problems),
            query_timeout: plugin
                .parsed("client_http_timeout", duration::parse)
                .filter(|limit| !limit.is_zero()),
            volumes_enabled: Reader(&volumes).flag("enabled"),
            selinux_label: Reader(&volumes).filled("selinuxlabel"),
            remove_containers: Reader(&gc).flag("container"),
            gc: Gc::read(&gc),
            recover_stopped: plugin.flag("recover_stopped"),
            disable_log_collection: plugin.flag("disable_log_collection"),
            logging: logging::read(&plugin.block("logging")),
            extra_labels: plugin.texts("extra_labels"),
            dns_servers: plugin.texts("dns_servers"),
            credentials: CredentialSources {
                file: Reader(&auth).filled("config").map(PathBuf::from),
                helper: Reader(&auth).filled("helper"),
            },
            default_rootless_mode: Reader(&networking).parsed("default_rootless_mode", parse_rootless_mode),
            policy: Policy::read(plugin),
        };
        problems.or(config)
    }

    /// The socket of tasks that name none: the one called `default`, or else the first.
    pub fn default_socket(&self) -> usize {
        self.sockets.iter().position(|socket| socket.name == DEFAULT_SOCKET).unwrap_or(0)
    }

    /// What that one is called.
    pub fn default_socket_name(&self) -> &str {
        self.sockets.get(self.default_socket()).map_or(DEFAULT_SOCKET, |socket| &socket.name)
    }
}

/// The named sockets, or the one of `socket_path`.
fn sockets(plugin: Reader<'_, &'static str>, problems: &mut Problems) -> Vec<Socket> {
    let single = plugin.parsed("socket_path", parse_endpoint);
    let blocks = plugin.blocks("socket");
    if single.is_some() && !blocks.is_empty() {
        let reason = "can't define socket blocks and socket_path, they're mutually exclusive";
        problems.0.push(Problem::new("socket_path", reason));
    }
    let mut sockets: Vec<Socket> = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        let name = Reader(block).filled("name").unwrap_or_else(|| DEFAULT_SOCKET.to_owned());
        if sockets.iter().any(|socket| socket.name == name) {
            problems.0.push(Problem::new(format!("socket[{at}].name"), format!("{name:?} is there already")));
        }
        sockets.push(Socket { name, endpoint: Reader(block).parsed("socket_path", parse_endpoint) });
    }
    if sockets.is_empty() {
        sockets.push(Socket { name: DEFAULT_SOCKET.to_owned(), endpoint: single });
    }
    sockets
}

impl Default for PluginConfig {
    fn default() -> Self {
        Self {
            sockets: vec![Socket { name: DEFAULT_SOCKET.to_owned(), endpoint: None }],
            query_timeout: None,
            volumes_enabled: true,
            selinux_label: None,
            remove_containers: true,
            gc: Gc::default(),
            recover_stopped: true,
            disable_log_collection: false,
            logging: LoggingOptions::default(),
            extra_labels: vec![],
            dns_servers: vec![],
            credentials: CredentialSources::default(),
            default_rootless_mode: None,
            policy: Policy::default(),
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

    #[test]
    fn the_vector_of_the_go_driver_is_read() {
        let object = |pairs: &[(&str, Value)]| Value::object(pairs.to_vec());
        let value = object(&[
            (
                "socket",
                Value::List(vec![object(&[("name", "app1".into()), ("socket_path", "/run/a.sock".into())])]),
            ),
            ("auth", object(&[("config", "/etc/auth.json".into()), ("helper", "ecr-login".into())])),
            ("gc", object(&[("container", false.into())])),
            ("recover_stopped", true.into()),
            ("extra_labels", Value::from(vec!["job_name"])),
            ("disable_log_collection", true.into()),
            ("client_http_timeout", "2m".into()),
            ("dns_servers", Value::from(vec!["1.1.1.1"])),
            (
                "logging",
                object(&[("driver", "journald".into()), ("options", object(&[("tag", "x".into())]))]),
            ),
            ("networking", object(&[("default_rootless_mode", "slirp4netns".into())])),
            ("volumes", object(&[("selinuxlabel", "z".into())])),
        ]);
        let config = PluginConfig::decode(&value).unwrap();
        assert_eq!((config.sockets[0].name.as_str(), config.default_socket()), ("app1", 0));
        assert_eq!(config.credentials.helper.as_deref(), Some("ecr-login"));
        assert_eq!(config.query_timeout, Some(Duration::from_secs(120)));
        assert!(config.volumes_enabled && !config.remove_containers && config.disable_log_collection);
        assert_eq!(config.logging.options["tag"], "x");
    }

    #[test]
    fn sockets_have_one_name_each_and_no_path_beside_them() {
        let socket =
            |name: &'static str| Value::object([("name", name.into()), ("socket_path", "/run/a".into())]);
        let two = |a, b| Value::object([("socket", Value::List(vec![socket(a), socket(b)]))]);
        let config = PluginConfig::decode(&two("a", "default")).unwrap();
        assert_eq!(config.default_socket(), 1);
        assert!(PluginConfig::decode(&two("a", "a")).is_err());
        let both = Value::object([("socket", socket("a")), ("socket_path", Value::from("/run/b"))]);
        assert!(PluginConfig::decode(&both).unwrap_err().to_string().contains("mutually exclusive"));
    }
}
