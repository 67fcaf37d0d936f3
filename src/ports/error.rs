//! Why a runtime did not do what it was asked.

use std::fmt;
use thiserror::Error;

/// What a caller can do about an error. Each kind has exactly one retry class, see [`ErrorKind::is_transient`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The container, image or session does not exist.
    NotFound,
    /// The image does not exist on the runtime: it can be pulled.
    ImageMissing,
    /// The name is taken.
    NameInUse,
    /// The object exists but is in the wrong state, such as a signal to an ended container.
    WrongState,
    /// The service cannot be reached, or went away before it took the request. Nothing has changed.
    Unavailable,
    /// The reply was lost after the request was sent: the effect may or may not have happened.
    OutcomeUnknown,
    /// No reply within the call's deadline; as [`ErrorKind::OutcomeUnknown`] for calls that change something.
    TimedOut,
    /// The registry cannot be reached or is busy.
    RegistryUnavailable,
    /// The runtime refuses for good: bad credentials, bad option, missing program.
    Rejected,
    /// This runtime or its version cannot do it.
    Unsupported,
    /// The reply is not what the protocol allows.
    Malformed,
    /// The service failed inside.
    Internal,
}

impl ErrorKind {
    /// Whether the same request may succeed later without anybody changing it.
    pub fn is_transient(self) -> bool {
        match self {
            Self::NameInUse
            | Self::Unavailable
            | Self::OutcomeUnknown
            | Self::TimedOut
            | Self::RegistryUnavailable
            | Self::Malformed
            | Self::Internal => true,
            Self::NotFound | Self::ImageMissing | Self::WrongState | Self::Rejected | Self::Unsupported => {
                false
            }
        }
    }
}

/// A failed call: which, on what, why. `message` holds the runtime's own words.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct RuntimeError {
    /// What was tried: `create container`.
    pub operation: &'static str,
    /// On what: a name, id or image; empty if on the runtime itself.
    pub object: String,
    /// See [`ErrorKind`].
    pub kind: ErrorKind,
    /// The cause in the runtime's words, at most [`crate::domain::limits::MESSAGE_BYTES`].
    pub message: String,
}

impl RuntimeError {
    /// An error; an overlong message is cut.
    pub fn new(
        operation: &'static str,
        object: impl fmt::Display,
        kind: ErrorKind,
        message: impl fmt::Display,
    ) -> Self {
        let mut message = message.to_string();
        message.truncate(message.floor_char_boundary(crate::domain::limits::MESSAGE_BYTES));
        Self { operation, object: object.to_string(), kind, message }
    }

    /// Whether the request may have been carried out all the same: look before asking again.
    pub fn effect_is_unknown(&self) -> bool {
        matches!(self.kind, ErrorKind::OutcomeUnknown | ErrorKind::TimedOut)
    }

    /// Shorthand for the question asked most.
    pub fn is(&self, kind: ErrorKind) -> bool {
        self.kind == kind
    }
}

impl fmt::Display for RuntimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.object.is_empty() { "" } else { " " };
        write!(f, "{}{space}{}: {}", self.operation, self.object, self.message)
    }
}
