//! `Create` read back: every field of 1.9.3 by its type, and what the in-memory runtime makes of them.

use super::service::No;
use nomad_driver_podman::domain::config::grammar::port::Protocol;
use nomad_driver_podman::domain::container::ContainerSpec;
use nomad_driver_podman::domain::container::spec::{
    Limits, Log, LogDriver, Mount, MountSource, NamedVolume, Network, PublishedPort, SwapLimit,
};
use nomad_driver_podman::domain::image::ImageRef;
use nomad_driver_podman::domain::task::identity::ContainerName;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub create: Create,
}

type Texts = Option<Vec<String>>;
type Text = Option<String>;

/// What the adapter may send; `proto/io.podman.varlink` is the same list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "most fields are there to be known with their types")]
pub struct Create {
    args: Vec<String>,
    name: Text,
    pull: Text,
    entrypoint: Text,
    env: Texts,
    label: Texts,
    annotation: Texts,
    hostname: Text,
    user: Text,
    work_dir: Text,
    init: Option<bool>,
    init_path: Text,
    tty: Option<bool>,
    stop_signal: Text,
    cgroup_parent: Text,
    log_driver: Text,
    log_opt: Texts,
    healthcheck_command: Text,
    healthcheck_interval: Text,
    healthcheck_retries: Option<i64>,
    healthcheck_start_period: Text,
    healthcheck_timeout: Text,
    network: Text,
    ip: Text,
    mac_address: Text,
    publish: Texts,
    add_host: Texts,
    dns: Texts,
    dns_search: Texts,
    dns_opt: Texts,
    cpu_shares: Option<i64>,
    cpu_set_cpus: Text,
    cpu_quota: Option<i64>,
    cpu_period: Option<i64>,
    memory: Text,
    memory_reservation: Text,
    memory_swap: Text,
    memory_swappiness: Option<i64>,
    pids_limit: Option<i64>,
    ulimit: Texts,
    shm_size: Text,
    oom_score_adj: Option<i64>,
    sysctl: Texts,
    privileged: Option<bool>,
    readonly: Option<bool>,
    readonlytmpfs: Option<bool>,
    cap_add: Texts,
    cap_drop: Texts,
    groupadd: Texts,
    security_opt: Texts,
    userns: Text,
    ipc: Text,
    pid: Text,
    uts: Text,
    volume: Texts,
    tmpfs: Texts,
    device: Texts,
}

impl Create {
    /// The container that is meant.
    pub fn spec(self) -> Result<ContainerSpec, No> {
        let mut args = self.args.into_iter();
        let image = args.next().ok_or_else(|| No::occurred("error, image name not provided"))?;
        assert_eq!(self.pull.as_deref(), Some("never"), "a create must not pull");
        let name = ContainerName::new(self.name.unwrap_or_default());
        let volumes = self.volume.into_iter().flatten().map(|text| volume(&text));
        let tmpfs = self.tmpfs.into_iter().flatten().map(|text| mount(&text, MountSource::Tmpfs, 0));
        Ok(ContainerSpec {
            command: args.collect(),
            entrypoint: self.entrypoint.map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default(),
            env: pairs(self.env).into_iter().collect(),
            labels: pairs(self.label).into_iter().collect(),
            hostname: self.hostname,
            user: self.user,
            working_dir: self.work_dir,
            init: self.init == Some(true),
            init_path: self.init_path,
            terminal: self.tty == Some(true),
            stop_signal: self.stop_signal.map(|text| text.parse().unwrap()),
            network: network(self.network.as_deref().unwrap_or("bridge")),
            ports: self.publish.into_iter().flatten().map(|text| port(&text)).collect(),
            hosts: self.add_host.into_iter().flatten().map(|text| host(&text)).collect(),
            mounts: volumes.chain(tmpfs).collect(),
            log: Log { driver: log_driver(self.log_driver.as_deref()), ..Log::default() },
            limits: limits(self.memory.as_deref(), self.memory_swap.as_deref()),
            ..ContainerSpec::new(name, ImageRef::from_id(image))
        })
    }
}

fn pairs(texts: Texts) -> Vec<(String, String)> {
    let pair =
        |text: String| text.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())).unwrap();
    texts.into_iter().flatten().map(pair).collect()
}

fn network(mode: &str) -> Network {
    match mode.split_once(':') {
        Some(("container", id)) => Network::Container(id.to_owned()),
        Some(("ns", path)) => Network::Path(path.to_owned()),
        _ => match mode {
            "bridge" => Network::Bridge,
            "host" => Network::Host,
            "none" => Network::None,
            other => panic!("no network {other:?} here"),
        },
    }
}

/// `ADDRESS:HOST:CONTAINER/PROTOCOL`.
fn port(text: &str) -> PublishedPort {
    let (rest, protocol) = text.rsplit_once('/').unwrap();
    let (rest, container) = rest.rsplit_once(':').unwrap();
    let (address, host) = rest.rsplit_once(':').unwrap_or(("", rest));
    let protocol = match protocol {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        other => panic!("no protocol {other:?} here"),
    };
    PublishedPort {
        host_ip: address.to_owned(),
        host: host.parse().unwrap(),
        container: container.parse().unwrap(),
        protocol,
    }
}

fn host(text: &str) -> (String, String) {
    let (name, address) = text.split_once(':').unwrap();
    (address.to_owned(), name.to_owned())
}

fn volume(text: &str) -> Mount {
    let source = text.split(':').next().unwrap();
    if source.starts_with('/') {
        mount(text, MountSource::Bind(source.to_owned()), 1)
    } else {
        mount(text, MountSource::Volume(NamedVolume { name: source.to_owned(), ..NamedVolume::default() }), 1)
    }
}

fn mount(text: &str, source: MountSource, target: usize) -> Mount {
    let parts: Vec<&str> = text.split(':').collect();
    let options =
        parts.get(target + 1).iter().flat_map(|options| options.split(',')).map(str::to_owned).collect();
    Mount { target: parts[target].to_owned(), source, options }
}

fn log_driver(name: Option<&str>) -> LogDriver {
    match name {
        Some("k8s-file" | "json-file") => LogDriver::File,
        Some("journald") => LogDriver::Journal,
        None => LogDriver::Runtime,
        Some(other) => panic!("invalid log driver {other:?}"),
    }
}

fn limits(memory: Option<&str>, swap: Option<&str>) -> Limits {
    let swap = swap.map(|text| match text {
        "-1" => SwapLimit::Unlimited,
        bytes => SwapLimit::Bytes(bytes.parse().unwrap()),
    });
    Limits { memory: memory.map(|text| text.parse().unwrap()), memory_swap: swap, ..Limits::default() }
}
