//! `io.podman` over varlink, Podman 1.9, over a Unix socket. `proto/io.podman.varlink` holds what of it is used.
//!
//! Lives here: calls, replies and their meaning, one file per topic. Must not live here: what the kernel can tell
//! without the service ([`super::linux`]), what Podman 1 cannot do (`domain::container::podman1`), or decisions about
//! calls whose effect is unknown, beyond one look.
//!
//! Framing is tokio-util's ([`tokio_util::codec`]) with a decoder of ours for the zero byte, since what varlink
//! libraries there are do not fit: `zlink` 0.8 names no cause when a reply has another shape, and holds up to 100 MB of
//! one, which nobody can lower; the asynchronous client of `varlink` 13 loses replies that come in one packet and cannot
//! hand over an upgraded connection.
//!
//! | module | does |
//! | --- | --- |
//! | [`frame`], [`client`] | messages, connections, replies, deadlines, tries |
//! | [`refusal`] | what the service says no with, as an [`ErrorKind`](crate::ports::ErrorKind) |
//! | [`wire`] | the JSON of replies |
//! | [`spec`], [`create`] | a `ContainerSpec` as the service wants it |
//! | [`containers`] | start, inspect, list, signal, remove |
//! | `observed`, [`logs`] | what [observers](super::observe) need, and output whose file is not to be seen |
//! | [`exec`], [`channels`] | commands inside it |
//! | `place`, [`streams`] | what conmon keeps of them: a log with both streams, a socket for input |
//! | [`images`], [`probe`] | images, and the service itself |

pub mod channels;
pub mod client;
pub mod containers;
pub mod create;
pub mod exec;
pub mod frame;
pub mod images;
pub mod logs;
mod observed;
mod place;
pub mod probe;
pub mod refusal;
mod runtime;
pub mod spec;
pub mod streams;
pub mod wire;

pub use runtime::VarlinkRuntime;
