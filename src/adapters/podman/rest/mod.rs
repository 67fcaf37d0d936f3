//! The libpod REST wire, Podman 2.2 to 5, over a Unix socket.
//!
//! Lives here: requests, replies and their meaning, one file per topic. Must not live here: what the kernel can
//! tell without the service ([`super::linux`]), or retries beyond the one that a dead pooled connection needs.
//!
//! | module | does |
//! | --- | --- |
//! | [`connector`], [`client`] | connections, requests, deadlines |
//! | [`refusal`] | what the service says no with, as an [`ErrorKind`](crate::ports::ErrorKind) |
//! | [`wire`], [`facts`] | the JSON of replies, and containers made of it |
//! | [`spec`], [`create`] | a `ContainerSpec` as the service wants it |
//! | [`containers`] | start, inspect, list, signal, remove |
//! | `observed`, `output`, [`stats`] | what [observers](super::observe) need |
//! | [`exec`], [`frames`] | commands inside it |
//! | [`pull`], [`images`], [`probe`] | images, and the service itself |

pub mod client;
pub mod connector;
pub mod containers;
pub mod create;
pub mod events;
pub mod exec;
pub mod facts;
pub mod frames;
pub mod images;
mod observed;
mod output;
pub mod probe;
pub mod pull;
pub mod refusal;
mod runtime;
pub mod spec;
pub mod stats;
pub mod wire;

#[cfg(test)]
mod fake;

pub use runtime::RestRuntime;
