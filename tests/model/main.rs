//! The lifecycle against reference models: the machine alone, in every state with every input, and the driver on the
//! in-memory runtime with random commands.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod driver;
mod machine;
mod reference;
