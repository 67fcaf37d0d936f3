//! The body of a create, as Podman 4.3 accepted it.

use super::*;
use crate::domain::config::grammar::port::Protocol;
use crate::domain::container::spec::{Device, Limits, Mount, MountSource, Network, PublishedPort, SwapLimit};
use crate::domain::image::ImageRef;
use crate::domain::task::identity::{AllocId, ContainerName};
use crate::domain::task::request::Dns;
use serde_json::{Value, json};

pub fn minimal() -> ContainerSpec {
    let image = ImageRef::parse("localhost/busybox:latest").unwrap();
    let name = ContainerName::of_task("web", &AllocId::new("1"));
    ContainerSpec { network: Network::None, ..ContainerSpec::new(name, image) }
}

fn json_of(spec: &ContainerSpec) -> Value {
    serde_json::from_slice(&body(spec, Version(4, 9)).unwrap()).unwrap()
}

#[test]
fn what_must_be_explicit_is_and_nothing_else_is_said() {
    assert_eq!(
        json_of(&minimal()),
        json!({
            "name": "web-1", "image": "localhost/busybox:latest", "env": {}, "labels": {}, "init": false,
            "privileged": false, "use_image_hosts": false, "restart_policy": "no",
            "log_configuration": {"driver": "k8s-file", "size": 1_i64 << 62}, "mounts": [], "netns": {"nsmode": "none"},
        })
    );
}

#[test]
fn every_field_of_a_spec_arrives() {
    let text = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let spec = ContainerSpec {
        entrypoint: text(&["sh", "-c"]),
        command: text(&["id"]),
        env: [("A", "1")].into_iter().collect(),
        labels: [("k", "v")].into_iter().collect(),
        hostname: Some("h".to_owned()),
        user: Some("1:2".to_owned()),
        working_dir: Some("/w".to_owned()),
        init: true,
        init_path: Some("/i".to_owned()),
        mounts: vec![
            Mount {
                target: "/b".to_owned(),
                source: MountSource::Bind("/a".to_owned()),
                options: text(&["ro"]),
            },
            Mount { target: "/t".to_owned(), source: MountSource::Tmpfs, options: text(&["size=1m"]) },
        ],
        devices: vec![Device {
            host: "/dev/null".to_owned(),
            target: "/dev/n".to_owned(),
            permissions: "r".to_owned(),
        }],
        network: Network::Bridge,
        ports: vec![PublishedPort {
            host_ip: "127.0.0.1".to_owned(),
            host: 8080,
            container: 80,
            protocol: Protocol::Both,
        }],
        dns: Some(Dns { servers: text(&["1.1.1.1"]), searches: text(&["x"]), options: text(&["ndots:2"]) }),
        hosts: vec![("1.2.3.4".to_owned(), "foo".to_owned())],
        ..minimal()
    };
    let json = json_of(&spec);
    assert_eq!(json["entrypoint"], json!(["sh", "-c"]));
    assert_eq!(json["command"], json!(["id"]));
    assert_eq!((&json["env"], &json["labels"]), (&json!({"A": "1"}), &json!({"k": "v"})));
    assert_eq!(
        [&json["hostname"], &json["user"], &json["work_dir"], &json["init_path"]],
        ["h", "1:2", "/w", "/i"]
    );
    assert_eq!(
        json["mounts"],
        json!([
            {"destination": "/b", "type": "bind", "source": "/a", "options": ["ro", "rbind"]},
            {"destination": "/t", "type": "tmpfs", "source": "tmpfs", "options": ["size=1m"]},
        ])
    );
    assert_eq!(json["devices"], json!([{"path": "/dev/null:/dev/n:r"}]));
    assert_eq!(
        json["portmappings"],
        json!([{"host_ip": "127.0.0.1", "host_port": 8080, "container_port": 80, "protocol": "tcp,udp"}])
    );
    assert_eq!(json["hostadd"], json!(["foo:1.2.3.4"]));
    assert_eq!(
        [&json["dns_server"], &json["dns_search"], &json["dns_option"]],
        [&json!(["1.1.1.1"]), &json!(["x"]), &json!(["ndots:2"])]
    );
}

#[test]
fn limits_arrive_as_those_of_the_oci() {
    let spec = ContainerSpec {
        limits: Limits {
            cpu_shares: Some(512),
            cpuset: Some("0-1".to_owned()),
            memory: Some(64),
            memory_reservation: Some(32),
            memory_swap: Some(SwapLimit::Unlimited),
            memory_swappiness: Some(10),
            ..Limits::default()
        },
        ..minimal()
    };
    let json = json_of(&spec);
    assert_eq!(
        json["resource_limits"],
        json!({"cpu": {"shares": 512, "cpus": "0-1"},
               "memory": {"limit": 64, "reservation": 32, "swap": i64::MAX, "swappiness": 10}})
    );
}

#[test]
fn swap_is_never_left_to_the_service() {
    let spec = ContainerSpec { limits: Limits { memory: Some(64), ..Limits::default() }, ..minimal() };
    assert_eq!(json_of(&spec)["resource_limits"]["memory"], json!({"limit": 64, "swap": 64}));
}

#[test]
fn namespaces_carry_their_value_and_pasta_its_options() {
    let netns = |network| json_of(&ContainerSpec { network, ..minimal() })["netns"].clone();
    assert_eq!(netns(Network::Container("c".to_owned())), json!({"nsmode": "container", "value": "c"}));
    assert_eq!(netns(Network::Path("/n".to_owned())), json!({"nsmode": "path", "value": "/n"}));
    assert_eq!(
        netns(Network::Slirp4netns("mtu=1".to_owned())),
        json!({"nsmode": "slirp4netns", "value": "mtu=1"})
    );
    let pasta = ContainerSpec { network: Network::Pasta("-t,auto".to_owned()), ..minimal() };
    assert_eq!(json_of(&pasta)["network_options"], json!({"pasta": ["-t", "auto"]}));
    assert_eq!(body(&pasta, Version(4, 3)).unwrap_err().kind, ErrorKind::Unsupported);
}

#[test]
fn a_device_that_the_wire_cannot_name_is_refused() {
    let device = Device { host: "/dev/a:b".to_owned(), target: String::new(), permissions: String::new() };
    let spec = ContainerSpec { devices: vec![device], ..minimal() };
    assert!(body(&spec, Version(4, 9)).unwrap_err().reason.contains("/dev/a:b"));
}
