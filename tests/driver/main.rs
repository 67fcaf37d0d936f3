//! The driver against a runtime that fails in a chosen way: what no healthy runtime can be made to do.
//!
//! Time is tokio's paused clock, so retries cost nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

#[cfg(feature = "cli")]
mod arbitrary;
mod busy;
mod cleanup;
mod create;
mod destroy;
mod double;
mod events;
mod exec;
mod exit;
mod first_look;
mod images;
mod logs;
mod overload;
mod recover;
mod sockets;
mod volumes;
