//! Counters of both versions, from trees of files as kernels lay them out.

use super::*;
use std::collections::BTreeMap;
use std::fs;

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn read(cgroup: &Cgroup, at: Timestamp) -> io::Result<StatsSample> {
    Counters::open(cgroup)?.read(at)
}

fn now() -> Timestamp {
    Timestamp::from_unix_nanos(7)
}

#[test]
fn version_1() {
    let dir = tree(&[
        ("cpuacct.usage", "37049994\n"),
        ("cpuacct.stat", "user 2\nsystem 1\n"),
        ("cpu.stat", "nr_periods 10\nnr_throttled 3\nthrottled_time 5000\n"),
        ("memory.usage_in_bytes", "237568\n"),
        ("memory.max_usage_in_bytes", "2633728\n"),
        ("memory.kmem.usage_in_bytes", "131072\n"),
        ("memory.stat", "cache 1\nrss 2\nswap 3\ntotal_cache 40\ntotal_rss 50\ntotal_swap 60\n"),
    ]);
    let names = ["cpu", "cpuacct", "memory"].map(|name| (name.to_owned(), dir.path().to_owned()));
    let sample = read(&Cgroup::V1(BTreeMap::from(names)), now()).unwrap();
    assert_eq!(sample.cpu_total_ns, Some(37_049_994));
    assert_eq!((sample.cpu_user_ns, sample.cpu_system_ns), (Some(20_000_000), Some(10_000_000)));
    assert_eq!((sample.throttled_periods, sample.throttled_ns), (Some(3), Some(5000)));
    let memory = MemoryUsage {
        rss: Some(50),
        cache: Some(40),
        swap: Some(60),
        usage: Some(237_568),
        max_usage: Some(2_633_728),
        kernel: Some(131_072),
        kernel_max: None,
    };
    assert_eq!(sample.memory, memory);
}

#[test]
fn version_2() {
    let dir = tree(&[
        ("cpu.stat", "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_throttled 1\nthrottled_usec 4\n"),
        ("memory.current", "1000\n"),
        ("memory.swap.current", "0\n"),
        ("memory.stat", "anon 700\nfile 200\nkernel 90\nanon_thp 5\n"),
    ]);
    let sample = read(&Cgroup::V2(dir.path().to_owned()), now()).unwrap();
    assert_eq!(sample.cpu_total_ns, Some(30_000));
    assert_eq!(sample.throttled_ns, Some(4_000));
    let memory = MemoryUsage {
        rss: Some(700),
        cache: Some(200),
        swap: Some(0),
        usage: Some(1000),
        kernel: Some(90),
        ..MemoryUsage::default()
    };
    assert_eq!(sample.memory, memory);
}

#[test]
fn a_group_that_is_gone_is_not_a_sample_of_nothing() {
    let dir = tree(&[]);
    let group = Cgroup::V2(dir.path().join("gone"));
    assert_eq!(read(&group, now()).unwrap_err().kind(), io::ErrorKind::NotFound);
}

#[test]
fn open_files_tell_what_is_now() {
    let dir = tree(&[("memory.current", "1000\n")]);
    let counters = Counters::open(&Cgroup::V2(dir.path().to_owned())).unwrap();
    for usage in [1000, 77] {
        fs::write(dir.path().join("memory.current"), format!("{usage}\n")).unwrap();
        assert_eq!(counters.read(now()).unwrap().memory.usage, Some(usage));
    }
}

#[test]
fn without_the_exact_counters_ticks_are_counted() {
    let dir = tree(&[("cpuacct.usage", "40\n"), ("cpuacct.stat", "user 2\nsystem 1\n")]);
    let names = ["cpuacct", "memory"].map(|name| (name.to_owned(), dir.path().to_owned()));
    let group = Cgroup::V1(BTreeMap::from(names));
    let sample = read(&group, now()).unwrap();
    assert_eq!((sample.cpu_user_ns, sample.cpu_system_ns), (Some(20_000_000), Some(10_000_000)));
    fs::write(dir.path().join("cpuacct.usage_user"), "30\n").unwrap();
    fs::write(dir.path().join("cpuacct.usage_sys"), "10\n").unwrap();
    let sample = read(&group, now()).unwrap();
    assert_eq!((sample.cpu_user_ns, sample.cpu_system_ns), (Some(30), Some(10)));
    assert_eq!(sample.throttled_ns, None, "there is no such controller");
}

#[test]
fn garbage_is_not_measured() {
    let dir = tree(&[("memory.current", "max\n"), ("cpu.stat", "usage_usec\nuser_usec x\n\u{0}\n")]);
    let sample = read(&Cgroup::V2(dir.path().to_owned()), now()).unwrap();
    assert_eq!((sample.memory.usage, sample.cpu_total_ns, sample.cpu_user_ns), (None, None, None));
}
