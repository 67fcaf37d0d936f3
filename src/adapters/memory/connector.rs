//! Every endpoint leads to the one runtime of this process; Docker's does not, which is somebody else's.

use super::MemoryRuntime;
use crate::domain::config::plugin::Endpoint;
use crate::ports::{Clock, ContainerRuntime, ErrorKind, RuntimeConnector, RuntimeError};
use std::sync::Arc;

/// Connects to a runtime of its own.
pub struct MemoryConnector(Arc<MemoryRuntime>);

impl MemoryConnector {
    /// A connector with an empty runtime.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::of(MemoryRuntime::new(clock))
    }

    /// A connector to this runtime.
    pub fn of(runtime: MemoryRuntime) -> Self {
        Self(Arc::new(runtime))
    }
}

impl RuntimeConnector for MemoryConnector {
    fn connect(&self, endpoint: Option<&Endpoint>) -> Result<Arc<dyn ContainerRuntime>, RuntimeError> {
        if let Some(docker) =
            endpoint.map(|endpoint| &endpoint.socket).filter(|path| path.ends_with("docker.sock"))
        {
            let (path, kind) = (docker.display(), ErrorKind::Unsupported);
            return Err(RuntimeError::new("connect to", path, kind, "it does not lead to memory"));
        }
        Ok(Arc::clone(&self.0) as Arc<dyn ContainerRuntime>)
    }
}
