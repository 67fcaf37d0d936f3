//! The inbound side: how a Nomad client starts this process, finds its socket, reads its logs and ends it.
//!
//! What lives here: go-plugin's handshake and housekeeping services, the server they are served by, the
//! generated types of the wire. What must not: anything about containers. The two services that know about
//! tasks, base and driver, enter [`serve::serve`] as parameters.

mod accept;
#[cfg(feature = "automtls")]
pub mod automtls;
mod goplugin;
pub mod handshake;
pub mod hclog;
pub mod listener;
pub mod proto;
pub mod serve;
mod signals;
