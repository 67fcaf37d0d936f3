//! A Nomad task driver for Podman.

pub mod adapters;
pub mod domain;
pub mod driver;
pub mod ports;
