//! Which wire an endpoint speaks, and where Podman listens when nobody says.

use super::chosen::{ChosenRuntime, Places};
use super::rest::RestRuntime;
use super::varlink::VarlinkRuntime;
use crate::domain::config::plugin::{Endpoint, Wire};
use crate::ports::{Clock, ContainerRuntime, RuntimeConnector, RuntimeError};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// Finds Podman behind a socket. Dials only when the runtime is used.
pub struct PodmanConnector {
    clock: Arc<dyn Clock>,
}

impl PodmanConnector {
    /// A connector whose runtimes tell time by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl RuntimeConnector for PodmanConnector {
    fn connect(&self, endpoint: Option<&Endpoint>) -> Result<Arc<dyn ContainerRuntime>, RuntimeError> {
        let clock = Arc::clone(&self.clock);
        Ok(match endpoint {
            None => Arc::new(ChosenRuntime::new(our_places(), clock)),
            Some(Endpoint { socket, wire: Wire::Probe }) => {
                Arc::new(ChosenRuntime::new(vec![socket.clone()], clock))
            }
            Some(Endpoint { socket, wire: Wire::Rest }) => Arc::new(RestRuntime::new(socket.clone(), clock)),
            Some(Endpoint { socket, wire: Wire::Varlink }) => {
                Arc::new(VarlinkRuntime::new(socket.clone(), clock))
            }
        })
    }
}

fn our_places() -> Places {
    usual_places(rustix::process::geteuid().as_raw(), std::env::var_os("XDG_RUNTIME_DIR"))
}

/// Podman's own defaults, of later ones and of Podman 1: the system's sockets for root, the user's for everybody else,
/// whose runtime directory may be another than usual.
fn usual_places(uid: u32, runtime_dir: Option<OsString>) -> Places {
    let named = runtime_dir.map(PathBuf::from).filter(|dir| dir.is_absolute());
    let usual = PathBuf::from(format!("/run/user/{uid}"));
    let dirs: Vec<PathBuf> = match uid {
        0 => vec![PathBuf::from("/run")],
        _ => named.into_iter().chain([usual]).collect(),
    };
    let sockets = |dir: PathBuf| ["podman.sock", "io.podman"].map(|name| dir.join("podman").join(name));
    dirs.into_iter().flat_map(sockets).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_runtime_directory_comes_before_the_usual_one() {
        let places = |uid, dir: Option<&str>| usual_places(uid, dir.map(OsString::from));
        let usual = ["/run/user/7/podman/podman.sock", "/run/user/7/podman/io.podman"].map(PathBuf::from);
        assert_eq!(places(7, None), usual);
        assert_eq!(places(7, Some("")), usual);
        let named = ["/x/podman/podman.sock", "/x/podman/io.podman"].map(PathBuf::from);
        assert_eq!(places(7, Some("/x")), [named, usual].concat());
        let system = ["/run/podman/podman.sock", "/run/podman/io.podman"].map(PathBuf::from);
        assert_eq!(places(0, Some("/x")), system);
    }
}
