//! The inbound side: how a Nomad client starts this process, finds its socket, talks to it, reads its logs and
//! ends it.
//!
//! What lives here: the process around it all ([`process`]), go-plugin's handshake and housekeeping services
//! ([`serve`]), the base and driver services ([`service`]), conversions between the wire and domain words
//! ([`convert`]), the log FIFOs and the event stream ([`host`]), what keeps those FIFOs open over our own death
//! ([`keeper`]), the thread that carries lines before anything else (`foreground`), a WaitTask that costs little
//! while it waits (`patient`), a connection that gathers what many tasks say at once (`gather`), and memory that goes
//! back to the system (`tidy`). What must not: anything about Podman, or a decision about tasks.

mod accept;
#[cfg(feature = "automtls")]
pub mod automtls;
mod codec;
pub mod convert;
mod fifo;
mod foreground;
mod gather;
mod goplugin;
pub mod handshake;
pub mod hclog;
pub mod host;
pub mod keeper;
mod ledger;
pub mod listener;
mod patient;
pub mod process;
pub mod proto;
pub mod serve;
pub mod service;
mod signals;
pub mod state_dir;
mod tidy;
