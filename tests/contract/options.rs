//! Options as a container sees them: what only a kernel can show.

use crate::lab::Lab;
use crate::programs::forever;
use nomad_driver_podman::domain::config::grammar::networks::Attachment;
use nomad_driver_podman::domain::config::grammar::ulimit::Ulimit;
use nomad_driver_podman::domain::container::ContainerSpec;
use nomad_driver_podman::domain::container::spec::{
    CpuQuota, Limits, Mount, MountSource, NamedVolume, Namespace, Network, Security,
};
use nomad_driver_podman::domain::task::request::Dns;

/// What a line of shell prints in a container like this.
async fn seen(lab: &Lab, script: &str, change: impl FnOnce(&mut ContainerSpec)) -> String {
    let mut spec = lab.spec([forever()]);
    spec.command = ["sh", "-c", script].map(str::to_owned).to_vec();
    change(&mut spec);
    let (facts, output) = lab.end(&spec).await;
    let text = output.text().trim().to_owned();
    assert_eq!(facts.exit_code, Some(0), "{script}: {text} {}", String::from_utf8_lossy(&output.stderr));
    text
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn limits(change: impl FnOnce(&mut Limits)) -> impl FnOnce(&mut ContainerSpec) {
    |spec| change(&mut spec.limits)
}

fn security(change: impl FnOnce(&mut Security)) -> impl FnOnce(&mut ContainerSpec) {
    |spec| change(&mut spec.security)
}

pub async fn capabilities_are_added_and_dropped(lab: &Lab) {
    let effective = "grep CapBnd /proc/self/status | cut -f2";
    let none = seen(lab, effective, security(|s| s.cap_drop = texts(&["ALL"]))).await;
    assert_eq!(u64::from_str_radix(&none, 16), Ok(0));
    let one =
        seen(lab, effective, security(|s| (s.cap_drop, s.cap_add) = (texts(&["ALL"]), texts(&["CHOWN"]))))
            .await;
    assert_eq!(u64::from_str_radix(&one, 16), Ok(1));
}

pub async fn the_root_can_be_read_only(lab: &Lab) {
    let script = "for file in /x /tmp/x; do touch $file 2>/dev/null || echo refused; done";
    let said = seen(lab, script, security(|s| s.read_only = true)).await;
    assert_eq!(said, "refused\nrefused");
}

pub async fn privileges_cannot_be_gained(lab: &Lab) {
    let script = "grep NoNewPrivs /proc/self/status | cut -f2";
    assert_eq!(seen(lab, script, security(|s| s.no_new_privileges = true)).await, "1");
}

pub async fn groups_are_added(lab: &Lab) {
    let said = seen(lab, "id -G", security(|s| s.groups = texts(&["1234"]))).await;
    assert!(said.split(' ').any(|group| group == "1234"), "{said}");
}

pub async fn namespaces_of_the_host_are_shared(lab: &Lab) {
    let host =
        |kind: &str| std::fs::read_link(format!("/proc/self/ns/{kind}")).unwrap().display().to_string();
    let uts = security(|s| s.uts = Some(Namespace::Host));
    assert_eq!(seen(lab, "readlink /proc/self/ns/uts", uts).await, host("uts"));
    let own = seen(lab, "readlink /proc/self/ns/ipc", security(|s| s.ipc = Some(Namespace::Private))).await;
    assert_ne!(own, host("ipc"));
}

pub async fn the_processes_of_another_container_are_seen(lab: &Lab) {
    let first = lab.run([forever()]).await;
    let pid = Some(Namespace::Container(first.as_str().to_owned()));
    let mut joined = lab.spec([forever()]);
    joined.command = texts(&["sh", "-c", "echo $$"]);
    joined.security.pid = pid;
    let (_, output) = lab.end(&joined).await;
    assert_ne!(output.text().trim(), "1", "the first process is the other's");
}

pub async fn ulimits_are_soft_and_hard(lab: &Lab) {
    let limit = Ulimit { soft: 256, hard: 512 };
    let both = [("nofile".to_owned(), limit), ("nproc".to_owned(), Ulimit { soft: 512, hard: 512 })];
    let said = seen(lab, "ulimit -Sn; ulimit -Hn", limits(|l| l.ulimits = both.into())).await;
    assert_eq!(said, "256\n512");
}

pub async fn the_shared_memory_has_its_size(lab: &Lab) {
    let said =
        seen(lab, "df -k /dev/shm | tail -1 | awk '{print $2}'", limits(|l| l.shm_size = Some(4 << 20)))
            .await;
    assert_eq!(said, "4096");
}

pub async fn kernel_settings_are_the_containers(lab: &Lab) {
    let settings = [("net.ipv4.ip_default_ttl".to_owned(), "65".to_owned())];
    let said =
        seen(lab, "cat /proc/sys/net/ipv4/ip_default_ttl", limits(|l| l.sysctl = settings.into())).await;
    assert_eq!(said, "65");
}

pub async fn the_killer_of_the_kernel_is_told_whom_to_spare(lab: &Lab) {
    assert_eq!(
        seen(lab, "cat /proc/self/oom_score_adj", limits(|l| l.oom_score_adj = Some(321))).await,
        "321"
    );
}

pub async fn processes_and_cpu_time_are_limited(lab: &Lab) {
    let script = "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null \
        || (cat /sys/fs/cgroup/pids.max; cut -d' ' -f1 /sys/fs/cgroup/cpu.max)";
    let quota = CpuQuota { quota: 50_000, period: 100_000 };
    let said = seen(lab, script, limits(|l| (l.pids, l.cpu_quota) = (Some(77), Some(quota)))).await;
    assert_eq!(said, "77\n50000");
}

pub async fn a_named_volume_outlives_its_containers(lab: &Lab) {
    let name = lab.volume();
    let labels = [("ndp-test", "1")].into_iter().collect();
    let volume = NamedVolume { name, labels, ..NamedVolume::default() };
    let mount = Mount { target: "/data".to_owned(), source: MountSource::Volume(volume), options: vec![] };
    let with = |mount: Mount| move |spec: &mut ContainerSpec| spec.mounts.push(mount);
    seen(lab, "echo kept > /data/x", with(mount.clone())).await;
    assert_eq!(seen(lab, "cat /data/x; rm /data/x", with(mount)).await, "kept");
}

pub async fn a_terminal_is_one(lab: &Lab) {
    assert_eq!(seen(lab, "test -t 1 && echo yes", |spec| spec.terminal = true).await, "yes");
}

pub async fn the_stop_signal_is_on_record(lab: &Lab) {
    let mut spec = lab.spec([forever()]);
    spec.stop_signal = Some("SIGQUIT".parse().unwrap());
    let id = lab.create(&spec).await;
    let told = lab.runtime.inspect(id.as_str()).await.unwrap().stop_signal.unwrap();
    assert!(["3", "SIGQUIT", "QUIT"].contains(&told.as_str()), "{told}");
}

pub async fn names_are_resolved_as_said(lab: &Lab) {
    let dns =
        Dns { servers: texts(&["10.9.8.7"]), searches: texts(&["ndp.test"]), options: texts(&["ndots:3"]) };
    let said = seen(lab, "cat /etc/resolv.conf", |spec| {
        (spec.dns, spec.network) = (Some(dns), Network::Bridge);
    })
    .await;
    for line in ["nameserver 10.9.8.7", "search ndp.test", "options ndots:3"] {
        assert!(said.contains(line), "{said}");
    }
}

pub async fn an_address_can_be_chosen(lab: &Lab) {
    let mac = "92:d0:c6:0a:29:33";
    let network =
        Attachment { name: "default".to_owned(), mac: Some(mac.to_owned()), ..Attachment::default() };
    let said =
        seen(lab, "cat /sys/class/net/eth0/address", |spec| spec.network = Network::Networks(vec![network]))
            .await;
    assert_eq!(said, mac);
}
