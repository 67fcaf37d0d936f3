//! The option tables against their own examples, what these become for Podman, the pages written from them, and any
//! value at all.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod acts;
mod any_value;
mod examples;
mod hcl;
mod pages;
mod reaches;
mod round_trip;
mod words;
