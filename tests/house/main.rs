//! The house rules as tests: what the compiler and clippy cannot see.

mod domain_alone;
mod imports;
mod size;
mod source;
