//! Limits.

use crate::domain::config::grammar::ulimit::Ulimit;
use std::collections::BTreeMap;

/// Limits of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Relative weight; `None` for the runtime's default.
    pub cpu_shares: Option<u64>,
    /// Cores it may use, as a cpuset list; `None` for all.
    pub cpuset: Option<String>,
    /// Hard limit in bytes; `None` for none.
    pub memory: Option<u64>,
    /// Soft limit in bytes.
    pub memory_reservation: Option<u64>,
    /// Memory plus swap.
    pub memory_swap: Option<SwapLimit>,
    /// 0 to 100; `None` for the host's setting.
    pub memory_swappiness: Option<u64>,
    /// CPU time at most; `None` for what is idle.
    pub cpu_quota: Option<CpuQuota>,
    /// Processes and threads; -1 for no limit, `None` for the runtime's default.
    pub pids: Option<i64>,
    /// By name without `RLIMIT_`, in lower case.
    pub ulimits: BTreeMap<String, Ulimit>,
    /// Size of `/dev/shm` in bytes.
    pub shm_size: Option<u64>,
    /// -1000 to 1000; `None` for the runtime's default.
    pub oom_score_adj: Option<i64>,
    /// Kernel settings of its namespaces.
    pub sysctl: BTreeMap<String, String>,
}

/// CPU time of a period, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CpuQuota {
    /// To use; more than the period for more than one core.
    pub quota: u64,
    /// Out of.
    pub period: u64,
}

/// Limit of memory plus swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwapLimit {
    /// So many bytes, not below the memory limit.
    Bytes(u64),
    /// As much as the host has.
    Unlimited,
}
