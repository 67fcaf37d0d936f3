//! A Nomad task driver for Podman.
