//! Podman: changed through its service, observed through the kernel.
//!
//! Lives here: [`rest`], the libpod HTTP wire of Podman 2.2 and later, and [`linux`], which watches containers
//! without any service. Must not live here: rules about tasks (`domain`), decisions about retries and
//! lifecycles (`driver`), or anything of the host's wire. [`linux`] must not know a wire.

mod connector;
pub mod linux;
pub mod rest;

pub use connector::PodmanConnector;
