//! The domain and nothing else.

#[path = "../../../src/domain/mod.rs"]
pub mod domain;
