//! What a job writes, seen inside: a `config` block goes the way of a start (decoded, planned, created), and the
//! kernel of its container is asked what came of it.

use crate::arm::Need;
use crate::lab::Lab;
use crate::programs::forever;
use nomad_driver_podman::domain::config::{PluginConfig, TaskConfig, Value};
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerSpec, Node, plan};
use nomad_driver_podman::domain::task::identity::{AllocId, TaskId};
use nomad_driver_podman::domain::task::request::{
    HostDevice, HostMount, Resources, TaskDirs, TaskMeta, TaskRequest,
};
use serde_json::json;
use std::path::Path;

/// An option, what it is set to, a line of shell, and what that prints; white space counts for one blank.
type Row = (&'static str, serde_json::Value, &'static str, String);

fn row(option: &'static str, value: serde_json::Value, script: &'static str, expected: &str) -> Row {
    (option, value, script, expected.to_owned())
}

fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::Bool(*flag),
        serde_json::Value::Number(number) => Value::Int(number.as_i64().unwrap()),
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(value).collect()),
        serde_json::Value::Object(map) => {
            Value::object(map.iter().map(|(name, json)| (name.clone(), value(json))))
        }
    }
}

/// A task of an allocation with directories. Its container is called as the lab's next one, so that
/// `task:MARK` is the lab's first.
fn task(lab: &Lab, resources: Resources) -> TaskRequest {
    let alloc = lab.dir();
    for dir in ["alloc", "web/local", "web/secrets"] {
        std::fs::create_dir_all(alloc.join(dir)).unwrap();
    }
    std::fs::write(alloc.join("web/local/note"), "from the task's directory\n").unwrap();
    TaskRequest {
        id: TaskId::new("0/web/00000001"),
        meta: TaskMeta {
            namespace: "default".to_owned(),
            ..TaskMeta::named("web".to_owned(), AllocId::new("0"))
        },
        config: Value::Null,
        env: [("GIVEN", "by the host")].into_iter().collect(),
        resources,
        mounts: vec![],
        devices: vec![],
        user: None,
        dirs: TaskDirs {
            alloc: alloc.into(),
            task_name: "web".to_owned(),
            stdout: Path::new("/dev/null").into(),
            stderr: Path::new("/dev/null").into(),
        },
        network: None,
        dns: None,
    }
}

/// The container of a task with these options; without a network, unless they say otherwise.
async fn asked(lab: &Lab, options: serde_json::Value, task: TaskRequest) -> ContainerSpec {
    let mut config = json!({ "image": "localhost/any", "network_mode": "none" });
    options.as_object().unwrap().iter().for_each(|(name, value)| config[name] = value.clone());
    let config = TaskConfig::decode(&value(&config)).unwrap();
    let runtime = lab.runtime.probe().await.unwrap();
    let node = Node { plugin: &PluginConfig::default(), runtime: &runtime, cores: 2 };
    let planned = plan(&task, &config, node).unwrap().spec;
    let ours = lab.spec([forever()]);
    let labels = planned.labels.into_iter().chain(ours.labels).collect();
    ContainerSpec { name: ours.name, image: ours.image, labels, ..planned }
}

fn takes(lab: &Lab, option: &str) -> bool {
    let refused = lab.arm.refuses(option);
    if refused {
        println!("SKIPPED {} asked: {option} is refused", lab.arm.name());
    }
    !refused
}

/// One container with all the options of `rows`, and what it prints for each of them.
async fn seen(lab: &Lab, rows: &[Row], task: TaskRequest) -> ContainerFacts {
    let rows: Vec<&Row> = rows.iter().filter(|(option, ..)| takes(lab, option)).collect();
    let lines = rows.iter().map(|(_, _, script, _)| format!("echo $( ({script}) 2>&1 )\n"));
    let script: String = lines.collect();
    let mut options = json!({ "entrypoint": ["sh", "-c"], "args": [script, "sh", "one  two"] });
    rows.iter().for_each(|(option, value, ..)| options[option] = value.clone());
    let spec = asked(lab, options, task).await;
    let (facts, output) = lab.end(&spec).await;
    let said = |option: &str, line: &str| format!("{option}: {line}");
    let expected: Vec<String> = rows.iter().map(|(option, .., line)| said(option, line)).collect();
    let text = output.text();
    let printed: Vec<String> =
        rows.iter().zip(text.lines()).map(|((option, ..), line)| said(option, line)).collect();
    assert_eq!(printed, expected, "{text}{}", String::from_utf8_lossy(&output.stderr));
    facts
}

pub async fn what_a_block_says_is_seen_inside(lab: &Lab) {
    let effective = "grep CapBnd /proc/self/status | cut -f2";
    let mounts = json!([
        {"type": "bind", "source": "local", "target": "/bound", "readonly": true},
        {"type": "tmpfs", "target": "/memory", "tmpfs_options": {"size": "128k", "mode": "750"}},
        {"target": "/anonymous"},
    ]);
    let rows = [
        row("working_dir", json!("/tmp"), "pwd; echo $1", "/tmp one two"),
        row("hostname", json!("web-9"), "hostname", "web-9"),
        row(
            "volumes",
            json!(["local:/in:ro"]),
            "cat /in/note; touch /in/x || echo refused",
            "from the task's directory touch: /in/x: Read-only file system refused",
        ),
        row(
            "mount",
            mounts,
            "cat /bound/note; stat -c %a /memory; df -k /memory | awk 'END{print $2}'; grep -c ' /anonymous ' /proc/mounts",
            "from the task's directory 750 128 1",
        ),
        row(
            "tmpfs",
            json!(["/scratch:size=64k,mode=700"]),
            "stat -c %a /scratch; df -k /scratch | awk 'END{print $2}'",
            "700 64",
        ),
        row("devices", json!(["/dev/null:/dev/nix"]), "stat -c %F /dev/nix", "character special file"),
        row("readonly_rootfs", json!(true), "touch /x 2>/dev/null || echo refused", "refused"),
        row("cap_drop", json!(["ALL"]), "grep CapPrm /proc/self/status | cut -f2", "0000000000000001"),
        row("cap_add", json!(["chown"]), effective, "0000000000000001"),
        row(
            "security_opt",
            json!(["no-new-privileges", "mask=/proc/loadavg"]),
            "grep NoNewPrivs /proc/self/status | cut -f2; wc -c </proc/loadavg",
            "1 0",
        ),
        row("group_add", json!(["1234"]), "id -G | tr ' ' '\\n' | grep 1234", "1234"),
        row(
            "ulimit",
            json!({"nofile": "256:512", "nproc": "512"}),
            "ulimit -Sn; ulimit -Hn; ulimit -u",
            "256 512 512",
        ),
        row(
            "sysctl",
            json!({"net.ipv4.ip_default_ttl": "65"}),
            "cat /proc/sys/net/ipv4/ip_default_ttl",
            "65",
        ),
        row("shm_size", json!("4m"), "df -k /dev/shm | awk 'END{print $2}'", "4096"),
        row("oom_score_adj", json!(321), "cat /proc/self/oom_score_adj", "321"),
        row(
            "extra_hosts",
            json!(["db.internal:10.1.2.3"]),
            "grep db.internal /etc/hosts",
            "10.1.2.3 db.internal",
        ),
        row("labels", json!({"team": "core"}), "echo $GIVEN", "by the host"),
        row("stop_signal", json!("SIGQUIT"), "true", ""),
    ];
    let facts = seen(lab, &rows, task(lab, Resources::default())).await;
    assert_eq!(facts.labels["team"], "core");
    let told = facts.stop_signal.unwrap();
    assert!(["3", "SIGQUIT", "QUIT"].contains(&told.as_str()), "{told}");
}

/// A device and a mount as a device plugin has them passed.
pub async fn what_a_device_plugin_passes_is_there(lab: &Lab) {
    let host = lab.dir();
    std::fs::write(host.join("note"), "from the plugin\n").unwrap();
    let text = str::to_owned;
    let mut task = task(lab, Resources::default());
    task.devices = vec![HostDevice {
        task_path: text("/dev/nix"),
        host_path: text("/dev/null"),
        permissions: text("rw"),
    }];
    task.mounts = vec![HostMount {
        task_path: text("/plugged"),
        host_path: host.to_string_lossy().into_owned(),
        read_only: true,
        propagation: text("host-to-task"),
        selinux_label: String::new(),
    }];
    let script = "stat -c %F /dev/nix; cat /plugged/note; touch /plugged/x 2>/dev/null || echo refused";
    let spec = asked(lab, json!({"args": ["sh", "-c", script]}), task).await;
    let text = lab.end(&spec).await.1.text();
    assert_eq!(text, "character special file\nfrom the plugin\nrefused\n");
}

/// Version 1 of cgroups in one line, version 2 in another; whichever is there prints.
pub async fn limits_are_those_of_the_block(lab: &Lab) {
    const MEMORY: &str = "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes 2>/dev/null || cat memory.max";
    const SOFT: &str =
        "cd /sys/fs/cgroup; cat memory/memory.soft_limit_in_bytes 2>/dev/null || cat memory.low";
    const SWAP: &str = "cd /sys/fs/cgroup; cat memory/memory.memsw.limit_in_bytes 2>/dev/null || expr 67108864 + $(cat memory.swap.max)";
    const CPU: &str =
        "cd /sys/fs/cgroup; cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us 2>/dev/null || cat cpu.max";
    const PIDS: &str = "cd /sys/fs/cgroup; cat pids/pids.max 2>/dev/null || cat pids.max; cat cpuset/cpuset.cpus 2>/dev/null || cat cpuset.cpus";
    let resources =
        Resources { memory_mb: 64, cpu_share_of_node: 0.25, cpuset: "0".to_owned(), ..Resources::default() };
    let rows = [
        row("cpu_hard_limit", json!(true), MEMORY, "67108864"),
        row("memory_reservation", json!("32m"), SOFT, "33554432"),
        row("memory_swap", json!("96m"), SWAP, "100663296"),
        row("cpu_cfs_period", json!(50_000), CPU, "25000 50000"),
        row("pids_limit", json!(77), PIDS, "77 0"),
    ];
    seen(lab, &rows, task(lab, resources)).await;
}

/// The options of namespaces and what the kernel calls them.
const NAMESPACES: [(&str, &str); 4] =
    [("pid_mode", "pid"), ("ipc_mode", "ipc"), ("uts_mode", "uts"), ("cgroupns", "cgroup")];

pub async fn namespaces_are_private_or_the_hosts(lab: &Lab) {
    for (mode, shared) in [("host", true), ("private", false)] {
        let kinds = NAMESPACES.iter().filter(|(option, _)| takes(lab, option));
        let kinds = kinds.filter(|(_, kind)| !shared || can_share(lab, kind));
        for (kind, inside) in in_mode(lab, mode, &kinds.copied().collect::<Vec<_>>()).await {
            let outside = std::fs::read_link(format!("/proc/self/ns/{kind}")).unwrap();
            assert_eq!(outside.to_str() == Some(inside.as_str()), shared, "{mode}: {inside} {outside:?}");
        }
    }
    if !takes(lab, "ipc_mode = none") {
        return;
    }
    let none = json!({"ipc_mode": "none", "args": ["sh", "-c", "ls /dev/shm || echo none"]});
    let spec = asked(lab, none, task(lab, Resources::default())).await;
    assert_eq!(lab.end(&spec).await.1.text(), "none\n");
}

/// Rootless Podman binds what it cannot mount.
fn can_share(lab: &Lab, kind: &str) -> bool {
    let can = kind != "ipc" || !lab.arm.is_rootless() || std::path::Path::new("/dev/mqueue").exists();
    if !can {
        println!("SKIPPED {} asked: ipc_mode host: this machine has no /dev/mqueue", lab.arm.name());
    }
    can
}

/// Namespaces of a container with each of the options in this mode, as the kernel names them.
async fn in_mode(
    lab: &Lab,
    mode: &str,
    options: &[(&'static str, &'static str)],
) -> Vec<(&'static str, String)> {
    let script: String = options.iter().map(|(_, kind)| format!("readlink /proc/self/ns/{kind}\n")).collect();
    let mut config = json!({"args": ["sh", "-c", script]});
    options.iter().for_each(|(option, _)| config[option] = json!(mode));
    let spec = asked(lab, config, task(lab, Resources::default())).await;
    let text = lab.end(&spec).await.1.text();
    assert_eq!(text.lines().count(), options.len(), "{text}");
    options.iter().zip(text.lines()).map(|((_, kind), line)| (*kind, line.to_owned())).collect()
}

pub async fn namespaces_of_the_task_beside_are_joined(lab: &Lab) {
    let script = "for kind in pid ipc; do readlink /proc/1/ns/$kind; done";
    let words = ["sh", "-c", script].map(str::to_owned).to_vec();
    let first = json!({"ipc_mode": "shareable", "args": ["sleep", "1000000"]});
    let first = asked(lab, first, task(lab, Resources::default())).await;
    let id = lab.start(&first).await;
    let expected = crate::lab::collect(lab.session(&id, words.clone(), false).await).await.text();
    let beside = format!("task:{}", lab.mark);
    let options = json!({"pid_mode": beside, "ipc_mode": beside, "args": words});
    let spec = asked(lab, options, task(lab, Resources::default())).await;
    assert_eq!(lab.end(&spec).await.1.text(), expected);
}

pub async fn users_are_mapped(lab: &Lab) {
    let rootless = lab.arm.is_rootless();
    let mode =
        if rootless { "keep-id" } else { "auto:uidmapping=0:100000:1000,gidmapping=0:200000:1000,size=1000" };
    let script = "awk '{print $1, $2, $3}' /proc/self/uid_map /proc/self/gid_map; id -u";
    let options = json!({"userns": mode, "args": ["sh", "-c", script]});
    let spec = asked(lab, options, task(lab, Resources::default())).await;
    let (_, output) = lab.end(&spec).await;
    let text = output.text();
    if rootless {
        let (user, _) = lab.arm.owner().unwrap();
        assert_eq!(text.lines().last(), Some(user.to_string().as_str()), "{text}");
    } else {
        assert_eq!(text, "0 100000 1000\n0 200000 1000\n0\n");
    }
}

pub async fn names_and_addresses_are_those_of_the_block(lab: &Lab) {
    let first = asked(
        lab,
        json!({"network_mode": "bridge", "args": ["sleep", "1000000"]}),
        task(lab, Resources::default()),
    )
    .await;
    let id = lab.start(&first).await;
    let taken = lab.runtime.inspect(id.as_str()).await.unwrap().ip.unwrap();
    // Far from those that are given out one after the other.
    let free = format!("{}.211", taken.rsplit_once('.').unwrap().0);
    let rows = [
        ("network_mode", json!("bridge"), "ls /sys/class/net | grep -c eth0", "1".to_owned()),
        (
            "ipv4_address",
            json!(free),
            "ip -4 -o addr show eth0 | awk '{print $4}' | cut -d/ -f1",
            free.clone(),
        ),
        row("static_mac", json!("92:d0:c6:0a:29:33"), "cat /sys/class/net/eth0/address", "92:d0:c6:0a:29:33"),
        row("dns_servers", json!(["10.9.8.7"]), "grep ^nameserver /etc/resolv.conf", "nameserver 10.9.8.7"),
        row("dns_search_domains", json!(["ndp.test"]), "grep ^search /etc/resolv.conf", "search ndp.test"),
        row("dns_options", json!(["ndots:3"]), "grep ^options /etc/resolv.conf", "options ndots:3"),
    ];
    seen(lab, &rows, task(lab, Resources::default())).await;
}

/// What `docs/from-docker.md` says of capabilities and processes.
pub async fn without_options_it_has_no_more_than_docker_gives(lab: &Lab) {
    let pids = "cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max";
    let script = format!("grep CapBnd /proc/self/status | cut -f2; {pids}");
    let options = json!({"args": ["sh", "-c", script]});
    let spec = asked(lab, options, task(lab, Resources::default())).await;
    let text = lab.end(&spec).await.1.text();
    let bounding = u64::from_str_radix(text.lines().next().unwrap(), 16).unwrap();
    assert!(bounding & !DOCKERS == 0 && bounding > 0, "{text}");
    if lab.arm.lacks(Need::KernelLimits).is_none() {
        assert_eq!(text.lines().nth(1), Some("2048"), "{text}");
    }
}

/// The capabilities that Docker gives to every container: its documentation, "Runtime privilege and Linux
/// capabilities".
const DOCKERS: u64 = 0xa804_25fb;
