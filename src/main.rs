//! Composition only: which adapters, wired how.
fn main() {}
