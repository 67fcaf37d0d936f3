//! What is written for a spec; `tests/contract` shows what Podman makes of it.

use super::*;
use crate::domain::config::grammar::networks::Attachment;
use crate::domain::config::grammar::port::Protocol;
use crate::domain::config::task::process::HealthCommand;
use crate::domain::container::spec::{
    CpuQuota, Device, Health, HealthCheck, Limits, Mount, MountSource, NamedVolume, Namespace, Network,
    PublishedPort, SwapLimit,
};
use crate::domain::image::ImageRef;
use crate::domain::task::identity::ContainerName;
use serde_json::json;

fn written(change: impl FnOnce(&mut ContainerSpec)) -> Value {
    let image = ImageRef::parse("localhost/bb:1").unwrap();
    let mut spec = ContainerSpec::new(ContainerName::new("n"), image);
    change(&mut spec);
    create(&spec).unwrap()
}

#[test]
fn only_what_is_asked_for_is_said() {
    let plain = json!({
        "args": ["localhost/bb:1"], "name": "n", "pull": "never", "logDriver": "k8s-file", "network": "bridge",
    });
    assert_eq!(written(|_| {}), plain);
}

#[test]
fn the_program() {
    let create = written(|spec| {
        spec.entrypoint = vec!["/e".to_owned(), "a b".to_owned()];
        spec.command = vec!["c".to_owned(), "d".to_owned()];
        spec.env = [("K", "v=1")].into_iter().collect();
        spec.labels = [("l", "x")].into_iter().collect();
    });
    assert_eq!(create["args"], json!(["localhost/bb:1", "c", "d"]));
    assert_eq!(create["entrypoint"], json!(r#"["/e","a b"]"#));
    assert_eq!((&create["env"], &create["label"]), (&json!(["K=v=1"]), &json!(["l=x"])));
}

#[test]
fn limits_are_texts_and_numbers() {
    let create = written(|spec| {
        spec.limits = Limits {
            memory: Some(64 << 20),
            memory_swap: Some(SwapLimit::Unlimited),
            cpu_quota: Some(CpuQuota { quota: 5000, period: 10_000 }),
            pids: Some(50),
            shm_size: Some(1024),
            ..Limits::default()
        };
    });
    assert_eq!((&create["memory"], &create["memorySwap"]), (&json!("67108864"), &json!("-1")));
    assert_eq!((&create["cpuQuota"], &create["cpuPeriod"]), (&json!(5000), &json!(10_000)));
    assert_eq!((&create["pidsLimit"], &create["shmSize"]), (&json!(50), &json!("1024")));
    let alone = written(|spec| spec.limits.memory = Some(4096));
    assert_eq!(alone["memorySwap"], json!("4096"), "unsaid, Podman would allow as much swap again");
}

#[test]
fn networks_and_ports() {
    let default = |ip: &str| Attachment {
        name: "default".to_owned(),
        ips: vec![ip.parse().unwrap()],
        ..Attachment::default()
    };
    let create = written(|spec| {
        spec.network = Network::Networks(vec![default("10.88.0.9")]);
        let port = |host_ip: &str, protocol| PublishedPort {
            host_ip: host_ip.to_owned(),
            host: 80,
            container: 8080,
            protocol,
        };
        spec.ports = vec![port("127.0.0.1", Protocol::Both), port("::1", Protocol::Tcp)];
    });
    assert_eq!((&create["network"], &create["ip"]), (&json!("bridge"), &json!("10.88.0.9")));
    let ports = json!(["127.0.0.1:80:8080/tcp", "127.0.0.1:80:8080/udp", "[::1]:80:8080/tcp"]);
    assert_eq!(create["publish"], ports);
    let named = |names: &[&str]| {
        let networks =
            names.iter().map(|name| Attachment { name: (*name).to_owned(), ..Attachment::default() });
        Network::Networks(networks.collect())
    };
    assert_eq!(written(|spec| spec.network = named(&["a", "b"]))["network"], json!("a,b"));
    assert_eq!(written(|spec| spec.network = Network::Path("/n".to_owned()))["network"], json!("ns:/n"));
}

#[test]
fn mounts_and_devices() {
    let mount = |source, target: &str, options: &[&str]| Mount {
        target: target.to_owned(),
        source,
        options: options.iter().map(|option| (*option).to_owned()).collect(),
    };
    let volume =
        |name: &str| MountSource::Volume(NamedVolume { name: name.to_owned(), ..NamedVolume::default() });
    let create = written(|spec| {
        spec.mounts = vec![
            mount(MountSource::Bind("/h".to_owned()), "/c", &["ro"]),
            mount(volume("data"), "/d", &["nocopy"]),
            mount(volume(""), "/e", &[]),
            mount(MountSource::Tmpfs, "/t", &["size=1m"]),
        ];
        spec.devices =
            vec![Device { host: "/dev/null".to_owned(), target: String::new(), permissions: String::new() }];
    });
    assert_eq!(create["volume"], json!(["/h:/c:ro,rbind", "data:/d:nocopy", "/e"]));
    assert_eq!(create["tmpfs"], json!(["/t:size=1m"]));
    assert_eq!(create["device"], json!(["/dev/null:/dev/null:rwm"]));
    let mut spec = ContainerSpec::new(ContainerName::new("n"), ImageRef::default());
    spec.mounts = vec![mount(MountSource::Bind("/a:b".to_owned()), "/c", &[])];
    assert_eq!(create_error(&spec), "/a:b: Podman cannot take a path with a colon");
}

fn create_error(spec: &ContainerSpec) -> String {
    create(spec).unwrap_err().0
}

#[test]
fn security_and_namespaces() {
    let create = written(|spec| {
        let security = &mut spec.security;
        security.read_only = true;
        security.cap_drop = vec!["ALL".to_owned()];
        security.cap_add = vec!["CHOWN".to_owned()];
        security.no_new_privileges = true;
        security.seccomp = Some("unconfined".to_owned());
        security.pid = Some(Namespace::Container("x".to_owned()));
        security.uts = Some(Namespace::Private);
    });
    assert_eq!((&create["readonly"], &create["readonlytmpfs"]), (&json!(true), &json!(false)));
    assert_eq!((&create["capDrop"], &create["capAdd"]), (&json!(["ALL"]), &json!(["CAP_CHOWN"])));
    assert_eq!(create["securityOpt"], json!(["seccomp=unconfined", "no-new-privileges"]));
    assert_eq!((&create["pid"], create.get("uts")), (&json!("container:x"), None));
}

#[test]
fn health_is_a_list_in_a_text() {
    let check = HealthCheck {
        command: HealthCommand::Shell("a \"b\"".to_owned()),
        interval: Some(std::time::Duration::from_secs(5)),
        timeout: None,
        start_period: None,
        retries: None,
        on_failure: None,
    };
    let create = written(|spec| spec.health = Health::Check(check));
    assert_eq!(create["healthcheckCommand"], json!(r#"["CMD-SHELL","a \"b\""]"#));
    assert_eq!(
        (&create["healthcheckInterval"], &create["healthcheckRetries"]),
        (&json!("5000ms"), &json!(3))
    );
    assert_eq!(written(|spec| spec.health = Health::Disabled)["healthcheckCommand"], json!(r#"["NONE"]"#));
}
