//! Every endpoint leads to the one runtime of this process.

use super::MemoryRuntime;
use crate::domain::config::plugin::Endpoint;
use crate::ports::{Clock, ContainerRuntime, RuntimeConnector, RuntimeError};
use std::sync::Arc;

/// Connects to a runtime of its own.
pub struct MemoryConnector(Arc<MemoryRuntime>);

impl MemoryConnector {
    /// A connector with an empty runtime.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(MemoryRuntime::new(clock)))
    }
}

impl RuntimeConnector for MemoryConnector {
    fn connect(&self, _: Option<&Endpoint>) -> Result<Arc<dyn ContainerRuntime>, RuntimeError> {
        Ok(Arc::clone(&self.0) as Arc<dyn ContainerRuntime>)
    }
}
