//! CPU and memory.

use super::spec::{Limits, SwapLimit};
use crate::domain::config::memory::MemorySize;
use crate::domain::config::{Problem, TaskConfig};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::task::request::{MemoryMax, Resources};

const MIB: u64 = 1 << 20;

/// The limits of a task. Rootless Podman on cgroup v1 has none to give: asking would fail the start.
pub fn limits(resources: &Resources, config: &TaskConfig, runtime: &RuntimeFacts) -> Result<Limits, Problem> {
    if runtime.rootless && runtime.cgroup_version == 1 {
        return Ok(Limits::default());
    }
    let memory = hard_limit(resources);
    Ok(Limits {
        cpu_shares: Some(resources.cpu_shares).filter(|shares| *shares > 0),
        cpuset: Some(resources.cpuset.clone()).filter(|cores| !cores.is_empty()),
        memory,
        memory_reservation: soft_limit(resources, config.memory_reservation),
        memory_swap: swap_limit(memory, config.memory_swap)?,
        // Swappiness of a group exists on cgroup v1 only.
        memory_swappiness: config.memory_swappiness.filter(|_| runtime.cgroup_version == 1),
    })
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
