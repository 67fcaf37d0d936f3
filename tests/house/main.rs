//! The house rules as tests: what the compiler and clippy cannot see.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod commit;
mod docs;
mod domain_alone;
mod imports;
mod size;
mod source;
mod varlink;
