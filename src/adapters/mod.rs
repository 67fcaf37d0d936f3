//! The outside world, one folder per technology, each behind a port: Nomad's wire and the command line coming
//! in; Podman, the kernel and the in-memory runtime going out.
//!
//! What lives here: wire types, sockets, files, and the conversions between them and domain words. What must
//! not: a rule about tasks (that is `domain`) or a decision about when to call what (that is `driver`).
//! Adapters never import each other; what two of them need belongs into the domain or the driver.

#[cfg(feature = "cli")]
pub mod cli;
pub mod credentials;
pub mod memory;
pub mod nomad;
pub mod paths;
pub mod podman;
pub mod system;
