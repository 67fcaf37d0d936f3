//! Networks that the runtime itself makes.

use crate::lab::Lab;
use crate::programs::forever;
use nomad_driver_podman::adapters::memory::Step;
use nomad_driver_podman::domain::config::grammar::port::Protocol;
use nomad_driver_podman::domain::container::ContainerSpec;
use nomad_driver_podman::domain::container::spec::{Network, PublishedPort};
use nomad_driver_podman::ports::runtime::Change;
use std::io::Read;
use std::net::{TcpListener, TcpStream};

/// A port of the host that nobody uses now.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn published(host: u16, spec: ContainerSpec) -> ContainerSpec {
    let port =
        PublishedPort { host_ip: "127.0.0.1".to_owned(), host, container: 8080, protocol: Protocol::Both };
    ContainerSpec { network: Network::Bridge, ports: vec![port], ..spec }
}

pub async fn none_has_no_interface_but_loopback(lab: &Lab) {
    let text = lab.output([Step::PrintInterfaces]).await.text();
    assert!(text.lines().any(|name| name == "lo"), "{text}");
    assert!(!text.contains("eth") && !text.contains("tap"), "{text}");
}

pub async fn a_bridge_has_an_interface_and_an_address(lab: &Lab) {
    let spec = |program: Vec<Step>| ContainerSpec { network: Network::Bridge, ..lab.spec(program) };
    let text = lab.end(&spec(vec![Step::PrintInterfaces])).await.1.text();
    assert!(text.lines().any(|name| name == "eth0"), "{text}");
    let (a, b) = (lab.start(&spec(vec![forever()])).await, lab.start(&spec(vec![forever()])).await);
    let (a, b) = (address(lab, a.as_str()).await, address(lab, b.as_str()).await);
    assert_ne!(a.unwrap(), b.unwrap());
}

async fn address(lab: &Lab, id: &str) -> Option<std::net::Ipv4Addr> {
    let facts = lab.runtime.inspect(id).await.unwrap();
    facts.ip.map(|ip| ip.parse().unwrap())
}

pub async fn the_network_of_another_container_is_shared(lab: &Lab) {
    let first = ContainerSpec { network: Network::Bridge, ..lab.spec([forever()]) };
    lab.start(&first).await;
    let network = Network::Container(first.name.to_string());
    let second = ContainerSpec { network, ..lab.spec([Step::PrintInterfaces]) };
    let text = lab.end(&second).await.1.text();
    assert!(text.lines().any(|name| name == "eth0"), "{text}");
}

pub async fn a_port_has_one_owner_at_a_time(lab: &Lab) {
    let port = free_port();
    let first = lab.start(&published(port, lab.spec([forever()]))).await;
    let second = lab.create(&published(port, lab.spec([forever()]))).await;
    let error = lab.runtime.start(&second).await.unwrap_err();
    assert!(error.message.contains("address already in use"), "{error}");
    assert!(error.kind.is_transient(), "the other may end: {error:?}");
    lab.runtime.remove(&first).await.unwrap();
    assert_eq!(lab.runtime.start(&second).await, Ok(Change::Changed));
}

pub async fn a_published_port_answers(lab: &Lab) {
    let port = free_port();
    let serve = "while :; do echo pong | nc -l -p 8080; done";
    let mut spec = published(port, lab.spec([forever()]));
    spec.command = ["sh", "-c", serve].map(str::to_owned).to_vec();
    lab.start(&spec).await;
    // The program may not listen yet: connections are refused or end without a byte.
    for _ in 0..100 {
        let mut text = String::new();
        let answer =
            TcpStream::connect(("127.0.0.1", port)).and_then(|mut peer| peer.read_to_string(&mut text));
        if answer.is_ok() && text == "pong\n" {
            return;
        }
        lab.sleep(100).await;
    }
    panic!("no answer on port {port}");
}
