//! Plausible counters of a simulated container.

use super::world::Memory;
use crate::domain::stats::{MemoryUsage, StatsSample};
use crate::domain::time::Timestamp;

/// CPU time that starting a container takes.
const START_CPU_NS: u64 = 20_000_000;

/// Share of one core that a simulated process takes: one part in so many.
const CPU_SHARE: u64 = 200;

/// Which part of it is spent in the kernel: one part in so many.
const SYSTEM_SHARE: u64 = 4;

/// File pages that a container has read by running at all.
const CACHE_BYTES: u64 = 256 * 1024;

/// The counters at `now` of a container that runs since `started_at`.
pub(super) fn sample(started_at: Timestamp, now: Timestamp, memory: &Memory) -> StatsSample {
    let running_ns = u64::try_from(now.since(started_at).as_nanos()).unwrap_or(u64::MAX);
    let total = START_CPU_NS.saturating_add(running_ns / CPU_SHARE);
    let system = total / SYSTEM_SHARE;
    StatsSample {
        at: now,
        cpu_total_ns: Some(total),
        cpu_user_ns: Some(total - system),
        cpu_system_ns: Some(system),
        throttled_periods: Some(0),
        throttled_ns: Some(0),
        memory: MemoryUsage {
            rss: Some(memory.used()),
            cache: Some(CACHE_BYTES),
            swap: Some(0),
            usage: Some(memory.used() + CACHE_BYTES),
            max_usage: Some(memory.peak() + CACHE_BYTES),
            // Kernel memory has no counter on cgroup v2.
            kernel: None,
            kernel_max: None,
        },
    }
}
