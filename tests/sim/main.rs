//! The simulation: what a pass of `make simulate` runs to its end, in part on every `cargo test`, and the proofs that
//! the rig itself works: the same seed is the same world, and what is wrong is found.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

#[cfg(feature = "canary")]
mod canary;
#[cfg(not(feature = "canary"))]
mod worlds;
