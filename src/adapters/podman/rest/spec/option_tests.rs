//! For each option of a task, what reaches Podman: from the value that the host sends to the JSON of a create.

use super::*;
use crate::domain::config::task_options::TASK_OPTIONS;
use crate::domain::config::{PluginConfig, TaskConfig, Value as Config};
use crate::domain::container::translate_tests::task;
use crate::domain::container::{Node, plan};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::task::TaskRequest;
use crate::domain::task::request::{HostDevice, HostMount, Port, TaskNetwork};
use serde_json::{Value, json};

/// Options that decide how the image is got, see the tests of the pull; and the choice of the socket.
const NOT_IN_A_CREATE: [&str; 10] = [
    "auth",
    "auth_soft_fail",
    "force_pull",
    "pull_policy",
    "image_pull_timeout",
    "arch",
    "os",
    "variant",
    "socket",
    "image",
];

/// The option's value, where to look in the body, what is there.
type Case = (&'static str, Value, &'static str, Value);

fn config(json: &Value) -> Config {
    match json {
        Value::Null => Config::Null,
        Value::Bool(flag) => Config::Bool(*flag),
        Value::Number(number) => Config::Int(number.as_i64().unwrap()),
        Value::String(text) => Config::from(text.as_str()),
        Value::Array(items) => Config::List(items.iter().map(config).collect()),
        Value::Object(map) => Config::object(map.iter().map(|(name, value)| (name.clone(), config(value)))),
    }
}

fn request() -> TaskRequest {
    let mut task = task();
    let port = |label: &str, container| Port {
        label: label.to_owned(),
        host: 21000,
        container,
        host_ip: "10.0.0.1".to_owned(),
    };
    task.resources.memory_mb = 64;
    task.resources.cpu_share_of_node = 0.5;
    task.resources.ports = vec![port("http", Some(80)), port("dns", None)];
    task.resources.networks =
        vec![TaskNetwork { ip: "10.0.0.1".to_owned(), ports: vec![("db".to_owned(), 21001)] }];
    task
}

/// The body for a task with this configuration, or why there is none.
fn try_body(options: &Value, cgroup_version: u8, version: Version) -> Result<Value, Bad> {
    body_of_task(&request(), options, cgroup_version, version)
}

fn body_of_task(
    task: &TaskRequest,
    options: &Value,
    cgroup_version: u8,
    version: Version,
) -> Result<Value, Bad> {
    let mut options = options.clone();
    options["image"] = json!("localhost/busybox:latest");
    let task_config = TaskConfig::decode(&config(&options)).unwrap();
    let runtime = RuntimeFacts { cgroup_version, version: "4.9.4".to_owned(), ..RuntimeFacts::default() };
    let node = Node { plugin: &PluginConfig::default(), runtime: &runtime, cores: 4 };
    let plan = plan(task, &task_config, node).unwrap();
    body(&plan.spec, version).map(|bytes| serde_json::from_slice(&bytes).unwrap())
}

fn body_of(option: &str, value: &Value) -> Value {
    try_body(&json!({ option: value }), 1, Version(5, 4)).unwrap()
}

fn process() -> Vec<Case> {
    vec![
        ("command", json!("sleep"), "/command", json!(["sleep"])),
        ("args", json!(["-c", 60]), "/command", json!(["-c", "60"])),
        ("entrypoint", json!(["sh", "-c"]), "/entrypoint", json!(["sh", "-c"])),
        ("entrypoint", json!("sh"), "/entrypoint", json!(["sh"])),
        ("working_dir", json!("/srv"), "/work_dir", json!("/srv")),
        ("hostname", json!("web"), "/hostname", json!("web")),
        ("labels", json!([{"a": "1"}, {"a": "2"}]), "/labels/a", json!("2")),
        ("annotations", json!({"a": "1"}), "/annotations", json!({"a": "1"})),
        ("init", json!(true), "/init", json!(true)),
        ("init_path", json!("/i"), "/init_path", json!("/i")),
        ("tty", json!(true), "/terminal", json!(true)),
        ("stop_signal", json!("SIGQUIT"), "/stop_signal", json!(3)),
        ("runtime", json!("crun"), "/oci_runtime", json!("crun")),
        ("healthchecks", json!({"disable": true}), "/healthconfig", json!({"Test": ["NONE"]})),
        (
            "healthcheck",
            json!({"command": "true", "interval": "5s", "start_period": "1s", "on_failure": "kill"}),
            "/healthconfig",
            json!({"Test": ["CMD-SHELL", "true"], "Interval": 5_000_000_000_u64, "Timeout": 30_000_000_000_u64,
                   "StartPeriod": 1_000_000_000, "Retries": 3}),
        ),
        ("healthcheck", json!({"command": ["true"]}), "/healthconfig/Test", json!(["CMD", "true"])),
        (
            "healthcheck",
            json!({"command": "x", "on_failure": "kill"}),
            "/health_check_on_failure_action",
            json!(2),
        ),
        (
            "healthcheck",
            json!({"command": "x", "on_failure": "stop"}),
            "/health_check_on_failure_action",
            json!(4),
        ),
        ("healthcheck", json!({"command": "x"}), "/healthMaxLogCount", json!(5)),
        ("logging", json!({"driver": "journald"}), "/log_configuration", json!({"driver": "journald"})),
        (
            "logging",
            json!({"options": [{"tag": "t"}]}),
            "/log_configuration",
            json!({"driver": "k8s-file", "options": {"tag": "t"}, "size": 1_i64 << 62}),
        ),
        ("logging", json!({"options": {"max-size": "1m"}}), "/log_configuration/size", json!(1 << 20)),
    ]
}

fn resources() -> Vec<Case> {
    vec![
        ("memory_reservation", json!("10m"), "/resource_limits/memory/reservation", json!(10 << 20)),
        ("memory_swap", json!("-1"), "/resource_limits/memory/swap", json!(i64::MAX)),
        ("memory_swap", json!("100m"), "/resource_limits/memory/swap", json!(100 << 20)),
        ("memory_swappiness", json!(60), "/resource_limits/memory/swappiness", json!(60)),
        ("oom_score_adj", json!(-500), "/oom_score_adj", json!(-500)),
        ("cpu_hard_limit", json!(true), "/resource_limits/cpu", json!({"quota": 200_000, "period": 100_000})),
        ("cpu_cfs_period", json!(50_000), "/resource_limits/cpu", json!({})),
        ("pids_limit", json!(-1), "/resource_limits/pids", json!({"limit": -1})),
        (
            "ulimit",
            json!([{"nofile": "2048:4096", "core": "-1"}]),
            "/r_limits",
            json!([{"type": "core", "soft": u64::MAX, "hard": u64::MAX},
                   {"type": "nofile", "soft": 2048, "hard": 4096}]),
        ),
        ("shm_size", json!("1m"), "/shm_size", json!(1 << 20)),
        (
            "sysctl",
            json!([{"net.core.somaxconn": "16384"}]),
            "/sysctl",
            json!({"net.core.somaxconn": "16384"}),
        ),
    ]
}

fn storage() -> Vec<Case> {
    let volume =
        |options: Value| json!([{"Name": "v", "Dest": "/t", "Options": options, "IsAnonymous": false}]);
    let bind = |source: &str, options: Value| json!({"destination": "/t", "type": "bind", "source": source, "options": options});
    vec![
        ("volumes", json!(["/a:/t:ro"]), "/mounts/3", bind("/a", json!(["ro", "rbind"]))),
        (
            "volumes",
            json!(["local/a:/t"]),
            "/mounts/3",
            bind("/nowhere/alloc-1/web/local/a", json!(["rbind"])),
        ),
        (
            "mount",
            json!({"type": "bind", "source": "/a", "target": "/t", "bind_options": {"propagation": "rslave"}}),
            "/mounts/3",
            bind("/a", json!(["rslave", "rbind"])),
        ),
        (
            "mount",
            json!({"source": "v", "target": "/t", "readonly": true}),
            "/volumes",
            volume(json!(["ro"])),
        ),
        (
            "mount",
            json!({"type": "tmpfs", "target": "/t", "tmpfs_options": {"size": 4096, "mode": "700"}}),
            "/mounts/3/options",
            json!(["size=4096", "mode=700"]),
        ),
        ("tmpfs", json!(["/t:size=1m"]), "/mounts/3/options", json!(["size=1m"])),
        ("devices", json!(["/dev/a:/dev/b:r"]), "/devices", json!([{"path": "/dev/a:/dev/b:r"}])),
        ("devices", json!(["nvidia.com/gpu=all"]), "/devices", json!([{"path": "nvidia.com/gpu=all"}])),
        (
            "secrets",
            json!(["s,target=/k,mode=0400"]),
            "/secrets",
            json!([{"Source": "s", "Target": "/k", "UID": 0, "GID": 0, "Mode": 256}]),
        ),
        ("secrets", json!(["s,type=env,target=X"]), "/secret_env", json!({"X": "s"})),
        ("storage_opt", json!({"size": "10G"}), "/storage_opts", json!({"size": "10G"})),
    ]
}

fn network() -> Vec<Case> {
    let port = |protocol: &str| json!([{"host_ip": "10.0.0.1", "host_port": 21000, "container_port": 80, "protocol": protocol}]);
    vec![
        ("network_mode", json!("host"), "/netns", json!({"nsmode": "host"})),
        ("network_mode", json!("task:db"), "/netns", json!({"nsmode": "container", "value": "db-alloc-1"})),
        ("network_mode", json!("back"), "/Networks", json!({"back": {}})),
        ("networks", json!(["a:alias=x", "b"]), "/Networks", json!({"a": {"aliases": ["x"]}, "b": {}})),
        ("network_aliases", json!(["x"]), "/Networks", json!({"default": {"aliases": ["x"]}})),
        ("ports", json!(["http"]), "/portmappings", port("tcp,udp")),
        ("ports", json!(["http/udp"]), "/portmappings", port("udp")),
        ("port_map", json!({"db": 6379}), "/portmappings/0/container_port", json!(6379)),
        ("port_map", json!({"db": 6379}), "/env/NOMAD_PORT_db", json!("6379")),
        ("ipv4_address", json!("10.88.0.9"), "/Networks/default/static_ips", json!(["10.88.0.9"])),
        ("ipv6_address", json!("fd00::9"), "/Networks/default/static_ips", json!(["fd00::9"])),
        ("static_ips", json!(["10.88.0.9"]), "/Networks/default/static_ips", json!(["10.88.0.9"])),
        (
            "static_mac",
            json!("92:d0:c6:0a:29:33"),
            "/Networks/default/static_mac",
            json!("92:d0:c6:0a:29:33"),
        ),
        ("extra_hosts", json!(["db:[fd00::5]"]), "/hostadd", json!(["db:fd00::5"])),
        ("dns_servers", json!(["1.1.1.1"]), "/dns_server", json!(["1.1.1.1"])),
        ("dns_search_domains", json!(["x"]), "/dns_search", json!(["x"])),
        ("dns_options", json!(["ndots:2"]), "/dns_option", json!(["ndots:2"])),
    ]
}

fn security() -> Vec<Case> {
    vec![
        ("privileged", json!(true), "/privileged", json!(true)),
        ("readonly_rootfs", json!(true), "/read_only_filesystem", json!(true)),
        ("cap_add", json!(["net_admin"]), "/cap_add", json!(["CAP_NET_ADMIN"])),
        ("cap_drop", json!(["all"]), "/cap_drop", json!(["ALL"])),
        ("selinux_opts", json!(["type:t"]), "/selinux_opts", json!(["type:t"])),
        (
            "security_opt",
            json!(["label=a", "label=b"]),
            "/annotations/io.podman.annotations.label",
            json!("a,label=b"),
        ),
        ("security_opt", json!(["no-new-privileges"]), "/no_new_privileges", json!(true)),
        ("security_opt", json!(["seccomp=/s.json"]), "/seccomp_profile_path", json!("/s.json")),
        ("security_opt", json!(["proc-opts=hidepid=2"]), "/procfs_opts", json!(["hidepid=2"])),
        ("security_opt", json!(["mask=/a:/b"]), "/mask", json!(["/a", "/b"])),
        ("security_opt", json!(["systempaths=unconfined"]), "/unmask", json!(["ALL"])),
        ("apparmor_profile", json!("strict"), "/apparmor_profile", json!("strict")),
        ("userns", json!("keep-id:uid=200"), "/userns", json!({"nsmode": "keep-id", "value": "uid=200"})),
        ("userns", json!("nomap"), "/userns", json!({"nsmode": "no-map"})),
        ("userns", json!("auto:size=9"), "/idmappings/AutoUserNsOpts/Size", json!(9)),
        ("userns", json!("auto"), "/idmappings/AutoUserNs", json!(true)),
        (
            "userns",
            json!("auto:gidmapping=0:5:1"),
            "/idmappings/AutoUserNsOpts/AdditionalGIDMappings",
            json!([{"container_id": 0, "host_id": 5, "size": 1}]),
        ),
        ("group_add", json!(["audio"]), "/groups", json!(["audio"])),
        ("ipc_mode", json!("shareable"), "/ipcns", json!({"nsmode": "shareable"})),
        ("pid_mode", json!("task:main"), "/pidns", json!({"nsmode": "container", "value": "main-alloc-1"})),
        ("uts_mode", json!("host"), "/utsns", json!({"nsmode": "host"})),
        ("cgroupns", json!("private"), "/cgroupns", json!({"nsmode": "private"})),
    ]
}

fn cases() -> Vec<Case> {
    [process(), resources(), storage(), network(), security()].concat()
}

#[test]
fn each_option_reaches_podman() {
    for (option, value, path, expected) in cases() {
        let body = body_of(option, &value);
        assert_eq!(body.pointer(path), Some(&expected), "{option} = {value}: {path} of {body}");
    }
}

#[test]
fn no_option_is_without_a_case() {
    let known: Vec<&str> = cases().into_iter().map(|(option, ..)| option).chain(NOT_IN_A_CREATE).collect();
    // Seen together with `volumes`, see below.
    let missing = TASK_OPTIONS.iter().filter(|row| !known.contains(&row.name) && row.name != "volume_driver");
    assert_eq!(missing.map(|row| row.name).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn options_that_need_each_other_reach_podman_together() {
    let named = try_body(&json!({"volumes": ["v:/t"], "volume_driver": "nfs"}), 2, Version(4, 9)).unwrap();
    assert_eq!(named["volumes"][0]["Name"], "v");
    let limited =
        try_body(&json!({"cpu_hard_limit": true, "cpu_cfs_period": 50_000}), 2, Version(4, 9)).unwrap();
    assert_eq!(limited["resource_limits"]["cpu"], json!({"quota": 100_000, "period": 50_000}));
    let addressed =
        try_body(&json!({"networks": ["a"], "static_ips": ["10.1.0.5"]}), 2, Version(3, 4)).unwrap();
    assert_eq!((&addressed["cni_networks"], &addressed["static_ip"]), (&json!(["a"]), &json!("10.1.0.5")));
    assert_eq!(addressed.get("Networks"), None);
    let mac =
        try_body(&json!({"networks": ["a"], "static_mac": "92:d0:c6:0a:29:33"}), 2, Version(3, 4)).unwrap();
    assert_eq!(mac["static_mac"], "ktDGCikz", "bytes, as Go reads them");
    let privileged = try_body(&json!({"privileged": true, "cap_add": ["CHOWN"]}), 2, Version(4, 0)).unwrap();
    assert_eq!((&privileged["privileged"], privileged.get("cap_add")), (&json!(true), None));
}

#[test]
fn what_device_plugins_pass_reaches_podman() {
    let text = str::to_owned;
    let mut task = request();
    task.devices =
        vec![HostDevice { task_path: text("/dev/g"), host_path: text("/dev/gpu0"), permissions: text("rw") }];
    task.mounts = vec![HostMount {
        task_path: text("/t"),
        host_path: text("/h"),
        read_only: true,
        propagation: text("host-to-task"),
        selinux_label: String::new(),
    }];
    let body = body_of_task(&task, &json!({}), 2, Version(4, 9)).unwrap();
    assert_eq!(body["devices"], json!([{"path": "/dev/gpu0:/dev/g:rw"}]));
    let mount =
        json!({"destination": "/t", "type": "bind", "source": "/h", "options": ["ro", "rslave", "rbind"]});
    assert_eq!(body["mounts"][3], mount);
}

#[test]
fn swappiness_is_for_cgroup_v1_only() {
    let body = try_body(&json!({"memory_swappiness": 60}), 2, Version(4, 9)).unwrap();
    assert_eq!(body.pointer("/resource_limits/memory/swappiness"), None);
}

#[test]
fn what_a_podman_is_too_old_for_is_refused_by_name() {
    for (options, version, name) in [
        (json!({"security_opt": ["mask=/a"]}), Version(2, 2), "mask needs Podman 3.0"),
        (json!({"secrets": ["s"]}), Version(3, 1), "secrets needs Podman 3.2"),
        (json!({"storage_opt": {"size": "1G"}}), Version(3, 4), "storage_opt needs Podman 4.0"),
        (json!({"networks": ["a", "b:ip=1.2.3.4"]}), Version(3, 4), "static addresses"),
        (json!({"ipv6_address": "fd00::1"}), Version(3, 4), "IPv6"),
        (json!({"devices": ["nvidia.com/gpu=0"]}), Version(4, 0), "CDI name needs Podman 4.1"),
        (json!({"ipc_mode": "none"}), Version(4, 0), "ipc_mode"),
        (json!({"userns": "nomap"}), Version(4, 0), "userns nomap needs Podman 4.1"),
        (json!({"userns": "keep-id:uid=1"}), Version(4, 2), "keep-id"),
        (
            json!({"healthcheck": {"command": "x", "on_failure": "stop"}}),
            Version(4, 2),
            "on_failure needs Podman 4.3",
        ),
        (json!({"network_mode": "pasta"}), Version(4, 3), "pasta needs Podman 4.4"),
        (json!({"security_opt": ["label=nested"]}), Version(4, 4), "label=nested needs Podman 4.5"),
    ] {
        let refused = try_body(&options, 2, version).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Unsupported);
        assert!(refused.reason.contains(name), "{}", refused.reason);
    }
}
