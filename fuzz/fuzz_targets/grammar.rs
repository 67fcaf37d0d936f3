//! Each grammar of an option's value: a value or a reason that names what is wrong.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomad_driver_podman::domain::config::grammar::*;
use nomad_driver_podman::domain::config::plugin::parse_endpoint;
use nomad_driver_podman::domain::duration;
use nomad_driver_podman::domain::signal::Signal;
use std::fmt::Display;

fn tried<T, E: Display>(result: Result<T, E>) {
    if let Err(reason) = result {
        assert!(!reason.to_string().is_empty());
    }
}

fuzz_target!(|text: &str| {
    tried(volume::parse(text));
    tried(port::parse(text));
    tried(tmpfs::parse(text));
    tried(device::parse(text));
    tried(secret::parse(text));
    tried(memory::parse(text));
    tried(memory::bytes(text));
    tried(ulimit::parse(text));
    tried(hosts::parse(text));
    tried(userns::parse(text));
    tried(networks::parse(text));
    tried(network_mode::parse(text));
    tried(capability::parse(text));
    tried(security::parse(text));
    tried(namespace::ipc(text));
    tried(namespace::pid(text));
    tried(namespace::own_or_host(text));
    tried(address::ip(text));
    tried(address::mac(text));
    tried(parse_endpoint(text));
    tried(duration::parse(text));
    tried(text.parse::<Signal>());
});
