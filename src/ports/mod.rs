//! The doors of the domain, in domain words. Their docs are the contract an adapter author codes against, and
//! `tests/contract` is that contract as a program.
//!
//! Lives here: traits, their errors, and the small types that pass through them. Must not live here: anything
//! that names a wire, a socket path of a particular runtime, or which adapter is behind a port.
//!
//! | port | side | implemented by |
//! | --- | --- | --- |
//! | [`runtime::ContainerRuntime`] | driven: changes and observes containers | REST, varlink, memory |
//! | [`runtime::RuntimeConnector`] | driven: finds the runtime of an endpoint | composition |
//! | [`host::NomadHost`] | driven: where events, logs and host paths are | Nomad, the command line |
//! | [`credentials::Credentials`] | driven: accounts at registries | files and helpers of the host |
//! | [`clock::Clock`] | driven: time and chance | system, tests |

pub mod clock;
pub mod credentials;
pub mod error;
pub mod exec;
pub mod host;
pub mod runtime;

pub use clock::Clock;
pub use credentials::{Credentials, NoCredentials};
pub use error::{ErrorKind, RuntimeError};
pub use exec::{ExecControl, ExecEvent, ExecSession};
pub use host::{LogLedger, LogSink, NoLedger, NomadHost, TaskEvent};
pub use runtime::{ContainerRuntime, RuntimeConnector};
