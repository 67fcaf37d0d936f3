//! The outside world, one folder per technology, each behind a port.
//!
//! Adapters never import each other; what two of them need belongs into the domain, the driver, or beside them
//! here ([`paths`]).

#[cfg(feature = "cli")]
pub mod cli;
pub mod paths;
