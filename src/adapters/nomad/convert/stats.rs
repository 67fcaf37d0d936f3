//! Usage samples for the host; only what was measured is listed as measured.

use super::time::timestamp;
use crate::adapters::nomad::proto::driver as wire;
use crate::domain::stats::{CpuUsage, MemoryUsage, Usage};
use crate::domain::task::TaskId;
use std::collections::BTreeMap;

/// One sample. Timestamp and aggregate must be there (Nomad plugin protocol, trap 1).
pub fn sample(id: &TaskId, usage: &Usage) -> wire::TaskStatsResponse {
    let usage_of_task =
        wire::TaskResourceUsage { cpu: Some(cpu(&usage.cpu)), memory: Some(memory(&usage.memory)) };
    wire::TaskStatsResponse {
        stats: Some(wire::TaskStats {
            id: id.as_str().to_owned(),
            timestamp: Some(timestamp(Some(usage.at))),
            agg_resource_usage: Some(usage_of_task),
            resource_usage_by_pid: BTreeMap::new(),
        }),
    }
}

/// Notes which fields are there and takes their values.
struct Measured(Vec<i32>);

impl Measured {
    fn take<T: Default>(&mut self, field: impl Into<i32>, value: Option<T>) -> T {
        if value.is_some() {
            self.0.push(field.into());
        }
        value.unwrap_or_default()
    }
}

fn cpu(cpu: &CpuUsage) -> wire::CpuUsage {
    use wire::cpu_usage::Fields;
    let mut measured = Measured(Vec::with_capacity(6));
    wire::CpuUsage {
        system_mode: measured.take(Fields::SystemMode, cpu.system_percent),
        user_mode: measured.take(Fields::UserMode, cpu.user_percent),
        total_ticks: measured.take(Fields::TotalTicks, cpu.total_ticks_mhz),
        throttled_periods: measured.take(Fields::ThrottledPeriods, cpu.throttled_periods),
        throttled_time: measured.take(Fields::ThrottledTime, cpu.throttled_ns),
        percent: measured.take(Fields::Percent, cpu.percent),
        measured_fields: measured.0,
    }
}

fn memory(memory: &MemoryUsage) -> wire::MemoryUsage {
    use wire::memory_usage::Fields;
    let mut measured = Measured(Vec::with_capacity(7));
    wire::MemoryUsage {
        rss: measured.take(Fields::Rss, memory.rss),
        cache: measured.take(Fields::Cache, memory.cache),
        max_usage: measured.take(Fields::MaxUsage, memory.max_usage),
        kernel_usage: measured.take(Fields::KernelUsage, memory.kernel),
        kernel_max_usage: measured.take(Fields::KernelMaxUsage, memory.kernel_max),
        usage: measured.take(Fields::Usage, memory.usage),
        swap: measured.take(Fields::Swap, memory.swap),
        measured_fields: measured.0,
    }
}
