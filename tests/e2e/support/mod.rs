//! What the cases stand on: where things are, a private agent, its API, Podman's view of the containers.

pub mod agent;
pub mod alloc;
pub mod config;
pub mod exec;
pub mod http;
pub mod job;
pub mod podman;
pub mod processes;
pub mod setup;
pub mod wait;
