//! Limits of memory, CPU, processes and kernel settings.

use super::Task;
use crate::domain::config::grammar::memory::{self, MemorySize};
use crate::domain::config::grammar::ulimit::{self, Ulimit};
use crate::domain::mapped::Mapped;
use std::collections::BTreeMap;

/// The options of `task_options::resources`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the option of the same name, documented in its row")]
pub struct ResourceOptions {
    pub memory_reservation: Option<u64>,
    pub memory_swap: Option<MemorySize>,
    pub memory_swappiness: Option<u64>,
    pub oom_score_adj: Option<i64>,
    pub cpu_hard_limit: bool,
    pub cpu_cfs_period: Option<u64>,
    /// -1 for no limit.
    pub pids_limit: Option<i64>,
    pub ulimit: BTreeMap<String, Ulimit>,
    pub shm_size: Option<u64>,
    pub sysctl: BTreeMap<String, String>,
}

/// Reads the topic.
pub fn read(task: Task<'_>) -> ResourceOptions {
    let unsigned = |name| task.number(name).and_then(|number| u64::try_from(number).ok());
    let ulimit = task.text_map("ulimit").into_iter();
    ResourceOptions {
        memory_reservation: task.parsed("memory_reservation", memory::bytes),
        memory_swap: task.parsed("memory_swap", memory::parse),
        memory_swappiness: unsigned("memory_swappiness"),
        oom_score_adj: task.number("oom_score_adj"),
        cpu_hard_limit: task.flag("cpu_hard_limit"),
        cpu_cfs_period: unsigned("cpu_cfs_period").filter(|period| *period > 0),
        pids_limit: task.number("pids_limit").filter(|limit| *limit != 0),
        ulimit: ulimit.filter_map(|(name, limit)| Some((name, ulimit::parse(&limit).ok()?))).mapped(),
        shm_size: task.parsed("shm_size", memory::bytes),
        sysctl: task.text_map("sysctl"),
    }
}
