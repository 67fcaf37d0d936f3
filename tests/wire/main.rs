//! The plugin as its host sees it: a process that prints one line and a socket that speaks gRPC.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod host;
mod process;
mod serve;
mod stub;
#[cfg(feature = "automtls")]
mod tls;
