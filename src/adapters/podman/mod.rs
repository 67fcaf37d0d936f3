//! Podman: changed through its service, observed through the kernel.
//!
//! Lives here: [`rest`], the libpod HTTP wire of Podman 2.2 and later; [`varlink`], the wire of Podman 1; [`linux`],
//! which watches containers without any service; and [`observe`], which asks both in the right order, on any wire.
//! What both wires carry is beside them ([`inspect`], [`words`]). Must not live here: rules about tasks (`domain`),
//! decisions about retries and lifecycles (`driver`), or anything of the host's wire. [`linux`] must not know a wire.

pub mod call;
mod chosen;
mod connector;
pub mod inspect;
pub mod linux;
pub mod observe;
pub mod rest;
pub mod tries;
pub mod varlink;
pub mod words;

pub use connector::PodmanConnector;
