//! The option tables against their own examples, the pages written from them, and any value at all.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod any_value;
mod examples;
mod hcl;
mod pages;
mod round_trip;
