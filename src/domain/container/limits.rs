//! CPU and memory.

use super::spec::{CpuQuota, Limits, SwapLimit};
use super::translate::Node;
use crate::domain::config::Problem;
use crate::domain::config::grammar::memory::MemorySize;
use crate::domain::config::grammar::ulimit::Ulimit;
use crate::domain::config::task::resources::ResourceOptions;
use crate::domain::task::request::{MemoryMax, Resources};
use std::collections::BTreeMap;

const MIB: u64 = 1 << 20;

/// What the kernel counts CPU time over unless told otherwise, in microseconds.
const CPU_PERIOD: u64 = 100_000;

/// The least that the kernel takes as a period or a quota.
const CPU_LEAST: u64 = 1_000;

/// The limits of a task.
pub fn limits(resources: &Resources, config: &ResourceOptions, node: Node<'_>) -> Result<Limits, Problem> {
    let memory = hard_limit(resources);
    let limits = Limits {
        pids: config.pids_limit,
        ulimits: ulimits(config),
        shm_size: config.shm_size,
        oom_score_adj: config.oom_score_adj,
        sysctl: config.sysctl.clone(),
        ..Limits::default()
    };
    if node.runtime.rootless && node.runtime.cgroup_version == 1 {
        // It has no cgroup to limit: asking for one would fail the start.
        return Ok(Limits { pids: None, ..limits });
    }
    Ok(Limits {
        cpu_shares: Some(resources.cpu_shares).filter(|shares| *shares > 0),
        cpuset: Some(resources.cpuset.clone()).filter(|cores| !cores.is_empty()),
        memory,
        memory_reservation: soft_limit(resources, config.memory_reservation),
        memory_swap: swap_limit(memory, config.memory_swap)?,
        // Swappiness of a group exists on cgroup v1 only.
        memory_swappiness: config.memory_swappiness.filter(|_| node.runtime.cgroup_version == 1),
        cpu_quota: config.cpu_hard_limit.then(|| cpu_quota(resources, config, node.cores)),
        ..limits
    })
}

fn ulimits(config: &ResourceOptions) -> BTreeMap<String, Ulimit> {
    let name = |name: &String| {
        let name = name.to_ascii_lowercase();
        name.strip_prefix("rlimit_").unwrap_or(&name).to_owned()
    };
    config.ulimit.iter().map(|(resource, limit)| (name(resource), *limit)).collect()
}

/// The task's share of the node, as CPU time of a period on all its cores.
fn cpu_quota(resources: &Resources, config: &ResourceOptions, cores: u32) -> CpuQuota {
    let period = config.cpu_cfs_period.unwrap_or(CPU_PERIOD).max(CPU_LEAST);
    let share = (resources.cpu_share_of_node * f64::from(cores)).clamp(0.0, f64::from(cores));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a \
        period is at most a million, and the share is within the number of cores"
    )]
    let quota = (share * period as f64) as u64;
    CpuQuota { quota: quota.max(CPU_LEAST), period }
}

fn hard_limit(resources: &Resources) -> Option<u64> {
    let megabytes = match resources.memory_max {
        MemoryMax::Unlimited => return None,
        MemoryMax::Megabytes(megabytes) => megabytes,
        MemoryMax::Unset => resources.memory_mb,
    };
    Some(megabytes.saturating_mul(MIB)).filter(|bytes| *bytes > 0)
}

/// The reservation, at most `memory`; documented to be the memory limit when unset.
fn soft_limit(resources: &Resources, reservation: Option<u64>) -> Option<u64> {
    let memory = Some(resources.memory_mb.saturating_mul(MIB)).filter(|bytes| *bytes > 0);
    match (reservation, memory) {
        (Some(reservation), Some(memory)) => Some(reservation.min(memory)),
        (one, other) => one.or(other),
    }
}

/// Unset means no swap: said explicitly, because newer Podman would otherwise allow twice the memory.
fn swap_limit(memory: Option<u64>, swap: Option<MemorySize>) -> Result<Option<SwapLimit>, Problem> {
    match (swap, memory) {
        (Some(MemorySize::Unlimited), _) => Ok(Some(SwapLimit::Unlimited)),
        (Some(MemorySize::Bytes(bytes)), Some(memory)) if bytes < memory => Err(Problem::new(
            "memory_swap",
            format!("{bytes} bytes is below the memory limit of {memory} bytes; it counts memory plus swap"),
        )),
        (Some(MemorySize::Bytes(_)), None) => {
            Err(Problem::new("memory_swap", "needs a memory limit, which this task does not have"))
        }
        (Some(MemorySize::Bytes(bytes)), Some(_)) => Ok(Some(SwapLimit::Bytes(bytes))),
        (None, memory) => Ok(memory.map(SwapLimit::Bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(memory_mb: u64, memory_max: MemoryMax) -> Resources {
        Resources { memory_mb, memory_max, ..Resources::default() }
    }

    #[test]
    fn a_hard_cpu_limit_is_the_share_of_all_cores() {
        let quota = |share, period| {
            let resources = Resources { cpu_share_of_node: share, ..Resources::default() };
            let config = ResourceOptions { cpu_cfs_period: period, ..ResourceOptions::default() };
            let CpuQuota { quota, period } = cpu_quota(&resources, &config, 4);
            (quota, period)
        };
        assert_eq!(quota(0.25, None), (100_000, 100_000));
        assert_eq!(quota(0.5, Some(50_000)), (100_000, 50_000));
        assert_eq!(quota(0.0, Some(10)), (1_000, 1_000));
        assert_eq!(quota(f64::NAN, None).0, 1_000);
        assert_eq!(quota(9.0, None).0, 400_000);
    }

    #[test]
    fn names_of_ulimits_are_those_of_the_shell() {
        let limit = Ulimit { soft: 1, hard: 2 };
        let config = ResourceOptions {
            ulimit: [("RLIMIT_NOFILE".to_owned(), limit), ("nproc".to_owned(), limit)].into(),
            ..ResourceOptions::default()
        };
        assert_eq!(ulimits(&config).into_keys().collect::<Vec<_>>(), ["nofile", "nproc"]);
    }

    #[test]
    fn hard_and_soft_limit_follow_memory_max() {
        let cases = [
            (MemoryMax::Unset, None, Some(20), Some(20)),
            (MemoryMax::Megabytes(30), None, Some(30), Some(20)),
            (MemoryMax::Unset, Some(10), Some(20), Some(10)),
            (MemoryMax::Megabytes(30), Some(25), Some(30), Some(20)),
            (MemoryMax::Unlimited, Some(25), None, Some(20)),
        ];
        for (max, reservation, hard, soft) in cases {
            let resources = resources(20, max);
            assert_eq!(hard_limit(&resources), hard.map(|mb: u64| mb * MIB), "{max:?}");
            let reservation = reservation.map(|mb: u64| mb * MIB);
            assert_eq!(soft_limit(&resources, reservation), soft.map(|mb: u64| mb * MIB), "{max:?}");
        }
    }

    #[test]
    fn swap_is_never_left_to_the_runtime_and_never_below_memory() {
        assert_eq!(swap_limit(Some(64), None), Ok(Some(SwapLimit::Bytes(64))));
        assert_eq!(swap_limit(Some(64), Some(MemorySize::Unlimited)), Ok(Some(SwapLimit::Unlimited)));
        assert!(swap_limit(Some(64), Some(MemorySize::Bytes(63))).is_err());
        assert!(swap_limit(None, Some(MemorySize::Bytes(63))).is_err());
        assert_eq!(swap_limit(None, None), Ok(None));
    }
}
