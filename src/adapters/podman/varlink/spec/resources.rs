//! Limits. Sizes are texts that Podman parses; a number alone counts bytes.

use super::Create;
use crate::domain::container::spec::{Limits, SwapLimit};

/// The topic of `limits`.
pub(super) fn resources(limits: &Limits, create: &mut Create) {
    create.set_some("cpuShares", limits.cpu_shares);
    create.set_some("cpuSetCpus", limits.cpuset.as_deref());
    create.set_some("cpuQuota", limits.cpu_quota.map(|cpu| cpu.quota));
    create.set_some("cpuPeriod", limits.cpu_quota.map(|cpu| cpu.period));
    create.set_some("memory", limits.memory.map(bytes));
    create.set_some("memoryReservation", limits.memory_reservation.map(bytes));
    create.set_some("memorySwap", limits.memory.map(|memory| swap(memory, limits.memory_swap)));
    create.set_some("memorySwappiness", limits.memory_swappiness);
    create.set_some("pidsLimit", limits.pids);
    let ulimit = |kind: &str, soft: u64, hard: u64| format!("{kind}={}:{}", signed(soft), signed(hard));
    create.list("ulimit", limits.ulimits.iter().map(|(kind, limit)| ulimit(kind, limit.soft, limit.hard)));
    create.set_some("shmSize", limits.shm_size.map(bytes));
    create.set_some("oomScoreAdj", limits.oom_score_adj);
    create.list("sysctl", limits.sysctl.iter().map(|(key, value)| format!("{key}={value}")));
}

fn bytes(bytes: u64) -> String {
    signed(bytes).to_string()
}

fn swap(memory: u64, limit: Option<SwapLimit>) -> String {
    match limit {
        Some(SwapLimit::Bytes(limit)) => bytes(limit),
        Some(SwapLimit::Unlimited) => "-1".to_owned(),
        None => bytes(memory),
    }
}

/// The wire counts in i64; -1 is no limit.
fn signed(number: u64) -> i64 {
    if number == u64::MAX { -1 } else { i64::try_from(number).unwrap_or(i64::MAX) }
}
