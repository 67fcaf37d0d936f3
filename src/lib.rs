//! A Nomad task driver for Podman.

pub mod adapters;
