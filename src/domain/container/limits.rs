//! CPU and memory.

use super::spec::{CpuQuota, Limits, SwapLimit};
use super::translate::Node;
use crate::domain::config::Problem;
use crate::domain::config::grammar::memory::MemorySize;
use crate::domain::config::grammar::ulimit::Ulimit;
use crate::domain::config::task::resources::ResourceOptions;
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::mapped::Mapped;
use crate::domain::task::request::{MemoryMax, Resources};
use std::collections::BTreeMap;

const MIB: u64 = 1 << 20;

/// What the kernel counts CPU time over unless told otherwise, in microseconds.
const CPU_PERIOD: u64 = 100_000;

/// The least that the kernel takes as a period or a quota.
const CPU_LEAST: u64 = 1_000;

/// The limits of a task, as far as the runtime has controllers for them.
pub fn limits(resources: &Resources, config: &ResourceOptions, node: Node<'_>) -> Result<Limits, Problem> {
    let memory = hard_limit(resources);
    let wanted = Limits {
        cpu_shares: Some(resources.cpu_shares).filter(|shares| *shares > 0),
        cpuset: Some(resources.cpuset.clone()).filter(|cores| !cores.is_empty()),
        memory,
        memory_reservation: soft_limit(resources, config.memory_reservation),
        memory_swap: swap_limit(memory, config.memory_swap)?,
        // Swappiness of a group exists on cgroup v1 only.
        memory_swappiness: config.memory_swappiness.filter(|_| node.runtime.cgroup_version == 1),
        cpu_quota: config.cpu_hard_limit.then(|| cpu_quota(resources, config, node.cores)),
        pids: config.pids_limit,
        ulimits: ulimits(config),
        shm_size: config.shm_size,
        oom_score_adj: config.oom_score_adj,
        sysctl: config.sysctl.clone(),
    };
    Ok(within_reach(wanted, node.runtime))
}

/// Asking for a limit without a controller would fail the start. Every task has a weight, so that it is not asked for
/// where a rootless runtime does not say what it has.
fn within_reach(wanted: Limits, runtime: &RuntimeFacts) -> Limits {
    let (cpu, memory) = (!runtime.lacks("cpu"), !runtime.lacks("memory"));
    let unsure = runtime.rootless && runtime.cgroup_controllers.is_none();
    Limits {
        cpu_shares: wanted.cpu_shares.filter(|_| cpu && !unsure),
        cpu_quota: wanted.cpu_quota.filter(|_| cpu),
        cpuset: wanted.cpuset.filter(|_| !runtime.lacks("cpuset")),
        memory: wanted.memory.filter(|_| memory),
        memory_reservation: wanted.memory_reservation.filter(|_| memory),
        memory_swap: wanted.memory_swap.filter(|_| memory),
        memory_swappiness: wanted.memory_swappiness.filter(|_| memory),
        pids: wanted.pids.filter(|_| !runtime.lacks("pids")),
        ..wanted
    }
}

/// The limits that a task asks for and does not get, in words for a person.
pub fn out_of_reach(
    resources: &Resources,
    config: &ResourceOptions,
    runtime: &RuntimeFacts,
) -> Option<String> {
    let asked = [
        ("memory", hard_limit(resources).is_some() || config.memory_reservation.is_some()),
        ("cpu", config.cpu_hard_limit),
        ("cpuset", !resources.cpuset.is_empty()),
        ("pids", config.pids_limit.is_some_and(|limit| limit > 0)),
    ];
    let missing = asked.into_iter().filter(|(controller, asked)| *asked && runtime.lacks(controller));
    let missing: Vec<&str> = missing.map(|(controller, _)| controller).collect();
    let told =
        || format!("Not limited: {}; rootless Podman has no cgroup controller for it", missing.join(", "));
    (!missing.is_empty()).then(told)
}

fn ulimits(config: &ResourceOptions) -> BTreeMap<String, Ulimit> {
    let name = |name: &String| {
        let name = name.to_ascii_lowercase();
        name.strip_prefix("rlimit_").unwrap_or(&name).to_owned()
    };
    config.ulimit.iter().map(|(resource, limit)| (name(resource), *limit)).mapped()
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
    use crate::domain::config::PluginConfig;

    fn resources(memory_mb: u64, memory_max: MemoryMax) -> Resources {
        Resources { memory_mb, memory_max, ..Resources::default() }
    }

    /// What a rootless runtime gets of a task that asks for everything, and what is told.
    fn rootless(cgroup_version: u8, controllers: Option<&[&str]>) -> (Limits, Option<String>) {
        let resources =
            Resources { cpu_shares: 5, cpuset: "0".to_owned(), ..resources(20, MemoryMax::Unset) };
        let config =
            ResourceOptions { pids_limit: Some(9), cpu_hard_limit: true, ..ResourceOptions::default() };
        let controllers = controllers.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let runtime = RuntimeFacts {
            rootless: true,
            cgroup_version,
            cgroup_controllers: controllers,
            ..RuntimeFacts::default()
        };
        let node = Node { plugin: &PluginConfig::default(), runtime: &runtime, cores: 1 };
        (limits(&resources, &config, node).unwrap(), out_of_reach(&resources, &config, &runtime))
    }

    #[test]
    fn a_rootless_runtime_is_asked_for_what_was_delegated_to_it_and_the_rest_is_told() {
        let (all, told) = rootless(2, Some(&["cpuset", "cpu", "memory", "pids"]));
        assert!(
            all.cpu_shares == Some(5) && all.cpu_quota.is_some() && all.cpuset.is_some() && told.is_none()
        );
        let (some, told) = rootless(2, Some(&["memory", "pids"]));
        assert_eq!((some.cpu_shares, some.cpu_quota, some.cpuset), (None, None, None));
        assert!(some.memory.is_some() && some.memory_swap.is_some() && some.pids == Some(9));
        assert!(told.unwrap().starts_with("Not limited: cpu, cpuset;"));
        let (none, told) = rootless(1, None);
        assert_eq!(none, Limits::default());
        assert!(told.unwrap().starts_with("Not limited: memory, cpu, cpuset, pids;"));
    }

    #[test]
    fn a_rootless_runtime_that_does_not_say_what_it_has_is_not_asked_for_a_weight() {
        let (limits, told) = rootless(2, None);
        assert!(limits.cpu_shares.is_none() && limits.memory.is_some() && limits.cpu_quota.is_some());
        assert_eq!(told, None);
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
