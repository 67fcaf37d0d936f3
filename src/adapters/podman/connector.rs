//! Which wire an endpoint speaks, and where Podman listens when nobody says.

use super::rest::RestRuntime;
use crate::domain::config::plugin::{Endpoint, Wire};
use crate::ports::{Clock, ContainerRuntime, ErrorKind, RuntimeConnector, RuntimeError};
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
        let (socket, wire) = match endpoint {
            Some(endpoint) => (endpoint.socket.clone(), endpoint.wire),
            None => (default_socket(), Wire::Probe),
        };
        match wire {
            Wire::Probe | Wire::Rest => Ok(Arc::new(RestRuntime::new(socket, Arc::clone(&self.clock)))),
            Wire::Varlink => Err(RuntimeError::new(
                "connect to",
                socket.display(),
                ErrorKind::Unsupported,
                "this build does not speak varlink (Podman 1); use a unix:// socket of Podman 3.4 or later",
            )),
        }
    }
}

/// Podman's own default: the system's socket for root, the user's for everybody else.
fn default_socket() -> PathBuf {
    match rustix::process::geteuid().as_raw() {
        0 => PathBuf::from("/run/podman/podman.sock"),
        uid => PathBuf::from(format!("/run/user/{uid}/podman/podman.sock")),
    }
}
