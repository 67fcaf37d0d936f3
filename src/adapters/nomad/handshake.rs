//! What the host says through the environment, and the one line that answers it.
//!
//! Parsing is pure: the environment comes in as a lookup, so that a test can be any host.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

/// Looks a variable up in the environment: `&|name| std::env::var_os(name)` outside tests.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Nomad plugin protocol: go-plugin's own version, first field of the line.
const CORE_VERSION: u32 = 1;
/// Nomad plugin protocol: the version of Nomad's gRPC plugins since 0.9, second field of the line.
const APP_VERSION: u32 = 2;

const COOKIE_KEY: &str = "NOMAD_PLUGIN_MAGIC_COOKIE";
const COOKIE_VALUE: &str = "e4327c2e01eabfd75a8a67adb114fb34a757d57eee7728d857a8cec6e91a7255";

/// What to tell a person who starts the plugin by hand, in a build without subcommands.
pub const NOT_FOR_A_SHELL: &str = "This is a Nomad plugin: put it into the client's plugin_dir and name it \
     in a `plugin` block. It is not meant to be started directly.\n";

/// Why the host's offer cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// A variable of the host's that must be text is not.
    #[error("cannot read the host's offer: {variable} is not UTF-8")]
    NotText {
        /// The variable's name.
        variable: &'static str,
    },
    /// The host wants TLS and this binary was built without.
    #[error(
        "cannot take the host's offer: PLUGIN_CLIENT_CERT asks for mutual TLS, and this plugin was built \
         without the `automtls` feature"
    )]
    TlsNotBuilt,
    /// The socket's path would break the line apart.
    #[error(
        "cannot announce the socket {path:?}: a path with `|`, a control character or other than UTF-8 \
         breaks the handshake line"
    )]
    PathNotPrintable {
        /// The socket's path.
        path: PathBuf,
    },
}

/// Whether a plugin host started this process.
///
/// Nomad plugin protocol: the cookie tells a host from a person at a shell; it is no secret.
pub fn launched_by_host(env: Env<'_>) -> bool {
    env(COOKIE_KEY).is_some_and(|value| value == COOKIE_VALUE)
}

/// Everything the host asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct HostOffer {
    /// How the host's protocol versions meet ours.
    pub versions: Versions,
    /// Where the socket goes.
    pub socket: SocketPlace,
    /// The PEM certificate that the host will present, if it asked for mutual TLS.
    pub client_cert: Option<String>,
    /// The host wants to hear whether the broker can share the main socket. It cannot.
    pub asks_multiplexing: bool,
}

/// Where the plugin's socket goes and who besides the owner may use it.
#[derive(Debug, PartialEq, Eq)]
pub struct SocketPlace {
    /// An existing directory.
    pub dir: PathBuf,
    /// Name or number of a group that gets read and write access.
    pub group: Option<String>,
}

/// The host's `PLUGIN_PROTOCOL_VERSIONS` against the one version we speak.
#[derive(Debug, PartialEq, Eq)]
pub enum Versions {
    /// The host speaks ours.
    Common,
    /// The host is older than the variable.
    Unsaid,
    /// The host speaks only these. We still answer with ours: the host words the error.
    Foreign(String),
}

impl HostOffer {
    /// Reads the offer from the environment.
    ///
    /// # Errors
    /// A variable that must be text is not, or the host wants TLS from a build without it.
    pub fn from_env(env: Env<'_>) -> Result<Self, HandshakeError> {
        let client_cert = text(env, "PLUGIN_CLIENT_CERT")?;
        if client_cert.is_some() && !cfg!(feature = "automtls") {
            return Err(HandshakeError::TlsNotBuilt);
        }
        Ok(Self {
            versions: negotiate(text(env, "PLUGIN_PROTOCOL_VERSIONS")?),
            socket: SocketPlace { dir: socket_dir(env), group: text(env, "PLUGIN_UNIX_SOCKET_GROUP")? },
            client_cert,
            asks_multiplexing: present(env, "PLUGIN_MULTIPLEX_GRPC").is_some(),
        })
    }

    /// The handshake line for a socket that already listens, line feed included. `server_cert` is DER.
    ///
    /// Nomad plugin protocol: six fields, the certificate in base64 without padding; hosts before go-plugin
    /// 1.6 read a seventh as part of the sixth, so it is sent only to those that asked.
    ///
    /// # Errors
    /// The path cannot stand in the line.
    pub fn answer(&self, socket: &Path, server_cert: Option<&[u8]>) -> Result<String, HandshakeError> {
        let path = printable(socket)?;
        let cert = server_cert.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
        let multiplexing = if self.asks_multiplexing { "|false" } else { "" };
        Ok(format!("{CORE_VERSION}|{APP_VERSION}|unix|{path}|grpc|{cert}{multiplexing}\n"))
    }
}

/// A set variable counts as absent when it is empty, as in go-plugin.
fn present(env: Env<'_>, variable: &str) -> Option<OsString> {
    env(variable).filter(|value| !value.is_empty())
}

fn text(env: Env<'_>, variable: &'static str) -> Result<Option<String>, HandshakeError> {
    let utf8 = |value: OsString| value.into_string().map_err(|_| HandshakeError::NotText { variable });
    present(env, variable).map(utf8).transpose()
}

fn negotiate(offered: Option<String>) -> Versions {
    let Some(offered) = offered else { return Versions::Unsaid };
    let ours = |version: &str| version.trim().parse() == Ok(APP_VERSION);
    if offered.split(',').any(ours) { Versions::Common } else { Versions::Foreign(offered) }
}

/// Nomad plugin protocol: the host's directory if it names one, else the system's for temporary files.
fn socket_dir(env: Env<'_>) -> PathBuf {
    present(env, "PLUGIN_UNIX_SOCKET_DIR")
        .or_else(|| present(env, "TMPDIR"))
        .map_or_else(|| PathBuf::from("/tmp"), PathBuf::from)
}

fn printable(path: &Path) -> Result<&str, HandshakeError> {
    path.to_str()
        .filter(|path| !path.contains(|c: char| c == '|' || c.is_control()))
        .ok_or_else(|| HandshakeError::PathNotPrintable { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeMap, os::unix::ffi::OsStringExt};

    fn offer(env: &[(&str, &str)]) -> Result<HostOffer, HandshakeError> {
        let map: BTreeMap<&str, OsString> = env.iter().map(|&(k, v)| (k, v.into())).collect();
        HostOffer::from_env(&|name| map.get(name).cloned())
    }

    #[test]
    fn only_the_exact_cookie_counts_as_a_host() {
        assert!(launched_by_host(&|name| (name == COOKIE_KEY).then(|| COOKIE_VALUE.into())));
        assert!(!launched_by_host(&|_| None));
        assert!(!launched_by_host(&|_| Some("e4327c2e".into())));
    }

    #[test]
    fn nomad_gets_the_line_that_go_plugins_print() {
        let offer = offer(&[("PLUGIN_PROTOCOL_VERSIONS", "2"), ("PLUGIN_MIN_PORT", "10000")]).unwrap();
        assert_eq!(offer.versions, Versions::Common);
        let line = offer.answer(Path::new("/tmp/plugin123456"), None).unwrap();
        assert_eq!(line, "1|2|unix|/tmp/plugin123456|grpc|\n");
    }

    #[test]
    fn the_seventh_field_is_sent_only_when_asked_for() {
        for asked in ["true", "false", "1"] {
            let line = offer(&[("PLUGIN_MULTIPLEX_GRPC", asked)]).unwrap().answer(Path::new("/s"), None);
            assert_eq!(line.unwrap(), "1|2|unix|/s|grpc||false\n");
        }
        let unasked = offer(&[("PLUGIN_MULTIPLEX_GRPC", "")]).unwrap();
        assert_eq!(unasked.answer(Path::new("/s"), None).unwrap().matches('|').count(), 5);
    }

    #[test]
    fn a_certificate_is_base64_without_padding() {
        let line = offer(&[]).unwrap().answer(Path::new("/s"), Some(&[0xfb, 0xef, 0xff, 0x01])).unwrap();
        assert_eq!(line, "1|2|unix|/s|grpc|++//AQ\n");
    }

    #[test]
    fn any_list_of_versions_is_answered_with_ours() {
        let versions = |list| offer(&[("PLUGIN_PROTOCOL_VERSIONS", list)]).unwrap().versions;
        assert_eq!(versions("1,2,3"), Versions::Common);
        assert_eq!(versions("1, 2"), Versions::Common);
        assert_eq!(versions(""), Versions::Unsaid);
        assert_eq!(versions("1,3,x"), Versions::Foreign("1,3,x".into()));
    }

    #[test]
    fn the_socket_directory_falls_back_like_in_go() {
        let dir = |env: &[_]| offer(env).unwrap().socket.dir;
        assert_eq!(dir(&[]), Path::new("/tmp"));
        assert_eq!(dir(&[("TMPDIR", "/t")]), Path::new("/t"));
        assert_eq!(dir(&[("TMPDIR", "/t"), ("PLUGIN_UNIX_SOCKET_DIR", "")]), Path::new("/t"));
        assert_eq!(dir(&[("TMPDIR", "/t"), ("PLUGIN_UNIX_SOCKET_DIR", "/d")]), Path::new("/d"));
    }

    #[test]
    fn a_path_that_would_break_the_line_is_refused() {
        let offer = offer(&[]).unwrap();
        for path in ["/a|b", "/a\nb"] {
            assert!(offer.answer(Path::new(path), None).is_err(), "{path:?}");
        }
        assert!(offer.answer(Path::new(&OsString::from_vec(b"/\xff".to_vec())), None).is_err());
    }

    #[test]
    #[cfg(not(feature = "automtls"))]
    fn tls_is_refused_by_a_build_without_it() {
        assert!(matches!(offer(&[("PLUGIN_CLIENT_CERT", "-----BEGIN")]), Err(HandshakeError::TlsNotBuilt)));
        assert_eq!(offer(&[("PLUGIN_CLIENT_CERT", "")]).unwrap().client_cert, None);
    }
}
