//! Between the host's messages and domain words, one file per direction or topic.
//!
//! Lives here: total functions without I/O. Must not live here: a rule about tasks; what the wire leaves out
//! becomes the domain's own default.

pub mod fingerprint;
pub mod go_state;
pub mod msgpack;
pub mod request;
pub mod result;
pub mod schema;
pub mod state;
pub mod stats;
pub mod status;
pub mod time;
pub mod topology;
