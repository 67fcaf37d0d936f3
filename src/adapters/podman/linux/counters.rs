//! CPU and memory counters from the files of a control group (kernel docs: cgroup-v1/cpuacct, cgroup-v1/memory,
//! cgroup-v2).

use super::cgroup::Cgroup;
use crate::domain::stats::{MemoryUsage, StatsSample};
use crate::domain::time::Timestamp;
use std::fs;
use std::io;
use std::path::Path;

/// The kernel counts CPU time of version 1's `cpuacct.stat` in ticks of 1/100 s on every architecture.
const NANOS_PER_TICK: u64 = 10_000_000;
const NANOS_PER_MICRO: u64 = 1_000;

/// Reads all counters. A file or key that this kernel does not have is `None`, not an error.
///
/// # Errors
/// `NotFound` when the group is gone: the container has ended.
pub fn read(cgroup: &Cgroup, at: Timestamp) -> io::Result<StatsSample> {
    let sample = match cgroup {
        Cgroup::V1(_) => v1(cgroup, at),
        Cgroup::V2(dir) => v2(dir, at),
    };
    // Gone before or during the reads: every file would have read as "not there".
    let memory = cgroup.dir("memory").ok_or(io::ErrorKind::NotFound)?;
    fs::metadata(memory).map(|_| sample)
}

fn v1(cgroup: &Cgroup, at: Timestamp) -> StatsSample {
    let file = |controller, name| File(cgroup.dir(controller).and_then(|dir| text(&dir.join(name))));
    let ticks = file("cpuacct", "cpuacct.stat");
    let tick_ns = |key| ticks.key(key).map(|ticks| ticks.saturating_mul(NANOS_PER_TICK));
    let throttling = file("cpu", "cpu.stat");
    let stat = file("memory", "memory.stat");
    let number = |name| file("memory", name).number();
    StatsSample {
        at,
        cpu_total_ns: file("cpuacct", "cpuacct.usage").number(),
        cpu_user_ns: file("cpuacct", "cpuacct.usage_user").number().or_else(|| tick_ns("user")),
        cpu_system_ns: file("cpuacct", "cpuacct.usage_sys").number().or_else(|| tick_ns("system")),
        throttled_periods: throttling.key("nr_throttled"),
        throttled_ns: throttling.key("throttled_time"),
        memory: MemoryUsage {
            rss: stat.key("total_rss").or_else(|| stat.key("rss")),
            cache: stat.key("total_cache").or_else(|| stat.key("cache")),
            swap: stat.key("total_swap").or_else(|| stat.key("swap")),
            usage: number("memory.usage_in_bytes"),
            max_usage: number("memory.max_usage_in_bytes"),
            kernel: number("memory.kmem.usage_in_bytes"),
            kernel_max: number("memory.kmem.max_usage_in_bytes"),
        },
    }
}

fn v2(dir: &Path, at: Timestamp) -> StatsSample {
    let file = |name| File(text(&dir.join(name)));
    let cpu = file("cpu.stat");
    let micros = |key| cpu.key(key).map(|micros| micros.saturating_mul(NANOS_PER_MICRO));
    let stat = file("memory.stat");
    StatsSample {
        at,
        cpu_total_ns: micros("usage_usec"),
        cpu_user_ns: micros("user_usec"),
        cpu_system_ns: micros("system_usec"),
        throttled_periods: cpu.key("nr_throttled"),
        throttled_ns: micros("throttled_usec"),
        memory: MemoryUsage {
            rss: stat.key("anon"),
            cache: stat.key("file"),
            swap: file("memory.swap.current").number(),
            usage: file("memory.current").number(),
            max_usage: file("memory.peak").number(),
            kernel: stat.key("kernel"),
            kernel_max: None,
        },
    }
}

/// The text of a counter file, if there is one.
struct File(Option<String>);

impl File {
    fn number(&self) -> Option<u64> {
        self.0.as_deref()?.trim().parse().ok()
    }

    fn key(&self, key: &str) -> Option<u64> {
        let value = |line: &str| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok();
        self.0.as_deref()?.lines().find_map(value)
    }
}

fn text(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
#[path = "counters_tests.rs"]
mod tests;
