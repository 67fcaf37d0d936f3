//! Network namespace, ports, addresses and names.

use super::row;
use crate::domain::config::grammar::{address, hosts, network_mode, networks, port};
use crate::domain::config::row::{Kind, OptionRow, parses, within};

/// The rows.
pub const ROWS: &[OptionRow] = &[
    row(
        "network_mode",
        Kind::Text,
        r#"network_mode = "bridge""#,
        "The network namespace: bridge, host, none, slirp4netns[:OPTIONS], pasta[:OPTIONS], container:ID, \
         task:NAME, ns:PATH, or the name of a network of Podman. Ignored when the group has a network namespace. \
         When unset rootful Podman makes a bridge; rootless Podman takes the plugin's default_rootless_mode, else \
         pasta from 5.0 on and slirp4netns before.",
    )
    .since("0.1.0")
    .checked("one of the modes", |value| parses(value, network_mode::parse), r#"network_mode = "host:1""#),
    row(
        "networks",
        Kind::TextList,
        r#"networks = ["front", "back:alias=db"]"#,
        "Networks of Podman to join, instead of network_mode; options ip=, ip6=, mac=, alias=, interface_name=.",
    )
    .ours()
    .checked("name[:option,…]", |value| parses(value, networks::parse), r#"networks = ["back:mtu=1"]"#),
    row(
        "network_aliases",
        Kind::TextList,
        r#"network_aliases = ["db"]"#,
        "More names of the task on its networks of Podman.",
    )
    .ours(),
    row(
        "ports",
        Kind::TextList,
        r#"ports = ["http/tcp", "dns"]"#,
        "Labels of the group's ports to publish: with /tcp, /udp or /sctp over that, else over tcp and udp.",
    )
    .since("0.2.0")
    .checked("a label, with a protocol or without", |value| parses(value, port::parse), r#"ports = ["http/quic"]"#),
    row(
        "port_map",
        Kind::NumberMap,
        "port_map { db = 6379 }",
        "Container port of each task-level network port; the older way, use ports instead.",
    )
    .checked("1 to 65535", |value| within(value, 1, 65535), "port_map { db = 70000 }"),
    row("ipv4_address", Kind::Text, r#"ipv4_address = "10.88.0.10""#, "Address on the task's first network.")
        .since("0.6.3")
        .checked("an IPv4 address", |value| parses(value, address::ipv4), r#"ipv4_address = "10.88.0""#),
    row("ipv6_address", Kind::Text, r#"ipv6_address = "fd00::10""#, "Address on the task's first network.")
        .since("0.6.3")
        .checked("an IPv6 address", |value| parses(value, address::ipv6), r#"ipv6_address = "10.88.0.10""#),
    row("static_ips", Kind::TextList, r#"static_ips = ["10.88.0.10"]"#, "Addresses on the task's first network.")
        .since("0.6.3")
        .checked("IP addresses", |value| parses(value, address::ip), r#"static_ips = ["ten"]"#),
    row(
        "static_mac",
        Kind::Text,
        r#"static_mac = "92:d0:c6:0a:29:33""#,
        "Hardware address on the task's first network.",
    )
    .since("0.6.4")
    .docker("mac_address")
    .checked("a hardware address", |value| parses(value, address::mac), r#"static_mac = "92:d0""#),
    row("extra_hosts", Kind::TextList, r#"extra_hosts = ["db:10.0.0.5"]"#, "More lines for /etc/hosts.")
        .since("0.5.0")
        .checked("name:address", |value| parses(value, hosts::parse), r#"extra_hosts = ["db"]"#),
    row(
        "dns_servers",
        Kind::TextList,
        r#"dns_servers = ["10.0.0.2"]"#,
        "Name servers. Unset: those of the group's network block, else the plugin's.",
    )
    .ours()
    .checked("IP addresses", |value| parses(value, address::ip), r#"dns_servers = ["resolver"]"#),
    row(
        "dns_search_domains",
        Kind::TextList,
        r#"dns_search_domains = ["internal"]"#,
        "Domains to try short names in. Unset: those of the group's network block.",
    )
    .ours(),
    row(
        "dns_options",
        Kind::TextList,
        r#"dns_options = ["ndots:2"]"#,
        "Options of resolv.conf. Unset: those of the group's network block.",
    )
    .ours(),
];
