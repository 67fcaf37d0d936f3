//! What every error of both wires begins with.

use crate::ports::{ErrorKind, RuntimeError};

/// What is tried on what: the beginning of every error.
#[derive(Debug, Clone)]
pub struct Call {
    /// `create container`.
    pub operation: &'static str,
    /// A name, id or image; empty for the service itself.
    pub object: String,
}

impl Call {
    /// A call on an object.
    pub fn new(operation: &'static str, object: impl ToString) -> Self {
        Self { operation, object: object.to_string() }
    }

    /// Its failure.
    pub fn error(&self, kind: ErrorKind, message: impl std::fmt::Display) -> RuntimeError {
        RuntimeError::new(self.operation, &self.object, kind, message)
    }
}
