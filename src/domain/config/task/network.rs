//! Network namespace, ports, addresses and names.

use super::Task;
use crate::domain::config::grammar::network_mode::{self, NetworkModeOption};
use crate::domain::config::grammar::networks::{self, Attachment};
use crate::domain::config::grammar::port::{self, PortOption};
use crate::domain::config::grammar::{address, hosts};
use crate::domain::config::problem::{Problem, Problems};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The options of `task_options::network`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the option of the same name, documented in its row")]
pub struct NetworkOptions {
    pub network_mode: Option<NetworkModeOption>,
    pub networks: Vec<Attachment>,
    pub network_aliases: Vec<String>,
    pub ports: Vec<PortOption>,
    pub port_map: BTreeMap<String, i64>,
    /// `ipv4_address`, `ipv6_address` and `static_ips`.
    pub static_ips: Vec<IpAddr>,
    pub static_mac: Option<String>,
    /// Address and name.
    pub extra_hosts: Vec<(String, String)>,
    pub dns_servers: Vec<String>,
    pub dns_search_domains: Vec<String>,
    pub dns_options: Vec<String>,
}

/// Reads the topic.
pub fn read(task: Task<'_>, problems: &mut Problems) -> NetworkOptions {
    let network_mode = task.parsed("network_mode", network_mode::parse);
    let networks = task.parsed_list("networks", networks::parse);
    if network_mode.is_some() && !networks.is_empty() {
        problems.0.push(Problem::new("networks", "cannot be used together with network_mode; keep one"));
    }
    let single = [task.parsed("ipv4_address", address::ipv4), task.parsed("ipv6_address", address::ipv6)];
    let listed = task.parsed_list("static_ips", address::ip);
    NetworkOptions {
        network_mode,
        networks,
        network_aliases: task.texts("network_aliases"),
        ports: task.parsed_list("ports", port::parse),
        port_map: task.numbers("port_map"),
        static_ips: single.into_iter().flatten().chain(listed).collect(),
        static_mac: task.parsed("static_mac", address::mac),
        extra_hosts: task.parsed_list("extra_hosts", hosts::parse),
        dns_servers: task.texts("dns_servers"),
        dns_search_domains: task.texts("dns_search_domains"),
        dns_options: task.texts("dns_options"),
    }
}
