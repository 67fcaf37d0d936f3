//! Which wire an endpoint speaks, and where Podman listens when nobody says.

use super::chosen::{ChosenRuntime, Places};
use super::rest::RestRuntime;
use super::varlink::VarlinkRuntime;
use crate::domain::config::plugin::{Endpoint, Wire};
use crate::ports::{Clock, ContainerRuntime, RuntimeConnector, RuntimeError};
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
            None => Arc::new(ChosenRuntime::new(usual_places(), clock)),
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

/// Podman's own defaults, of later ones and of Podman 1: the system's sockets for root, the user's for everybody else.
fn usual_places() -> Places {
    let dir = match rustix::process::geteuid().as_raw() {
        0 => PathBuf::from("/run/podman"),
        uid => PathBuf::from(format!("/run/user/{uid}/podman")),
    };
    vec![dir.join("podman.sock"), dir.join("io.podman")]
}
