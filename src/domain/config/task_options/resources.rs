//! Limits of memory, CPU, processes and kernel settings.

use super::row;
use crate::domain::config::grammar::{memory, ulimit};
use crate::domain::config::row::{Default, Kind, OptionRow, parses, within};

const SIZE: &str = "a number with unit b, k, m or g; none means bytes";

/// The rows.
pub const ROWS: &[OptionRow] = &[
    row(
        "memory_reservation",
        Kind::Text,
        r#"memory_reservation = "100m""#,
        "Soft limit, enforced when the host runs short of memory. The same as the hard limit when unset.",
    )
    .since("0.0.2")
    .checked(SIZE, |value| parses(value, memory::bytes), r#"memory_reservation = "-1""#),
    row(
        "memory_swap",
        Kind::Text,
        r#"memory_swap = "180m""#,
        "Limit of memory plus swap, above the memory limit; -1 for no limit. No swap when unset.",
    )
    .since("0.0.2")
    .checked(
        "a number with unit b, k, m or g; none means bytes; or -1",
        |value| parses(value, memory::parse),
        r#"memory_swap = "1.5g""#,
    ),
    row(
        "memory_swappiness",
        Kind::Number,
        "memory_swappiness = 60",
        "How readily the kernel swaps the task out. Only on cgroup v1 hosts; the host's own setting when unset.",
    )
    .since("0.0.2")
    .checked("0 to 100", |value| within(value, 0, 100), "memory_swappiness = 101"),
    row(
        "oom_score_adj",
        Kind::Number,
        "oom_score_adj = -500",
        "How likely the kernel kills the task when the host is out of memory. Podman's default when unset.",
    )
    .since("0.6.3")
    .checked("-1000 to 1000", |value| within(value, -1000, 1000), "oom_score_adj = 1001"),
    row(
        "cpu_hard_limit",
        Kind::Bool,
        "cpu_hard_limit = true",
        "Holds the task to its share of the CPUs even while they idle.",
    )
    .default(Default::Bool(false))
    .since("0.4.0"),
    row(
        "cpu_cfs_period",
        Kind::Number,
        "cpu_cfs_period = 50000",
        "Microseconds over which the hard limit counts: 100000 when unset or 0, at least 1000.",
    )
    .since("0.4.0")
    .checked("0 to 1000000", |value| within(value, 0, 1_000_000), "cpu_cfs_period = 1000001"),
    row(
        "pids_limit",
        Kind::Number,
        "pids_limit = 200",
        "Processes and threads at most; -1 for no limit, Podman's default (2048) when unset or 0.",
    )
    .since("0.4.2")
    .checked("-1 or more", |value| within(value, -1, i64::MAX), "pids_limit = -2"),
    row(
        "ulimit",
        Kind::TextMap,
        r#"ulimit { nofile = "2048:4096" }"#,
        "Limits of the shell's ulimit, by name; -1 for none. Any of them replaces the host's default list.",
    )
    .since("0.4.0")
    .checked("soft:hard, or one number", |value| parses(value, ulimit::parse), r#"ulimit { nofile = "many" }"#),
    row(
        "shm_size",
        Kind::Text,
        r#"shm_size = "256m""#,
        "Size of /dev/shm; Podman's default (64m) when unset. Needs an IPC namespace of the task's own.",
    )
    .since("0.6.0")
    .checked(SIZE, |value| parses(value, memory::bytes), r#"shm_size = "big""#),
    row(
        "sysctl",
        Kind::TextMap,
        r#"sysctl = { "net.core.somaxconn" = "16384" }"#,
        "Kernel settings of the container's namespaces.",
    )
    .since("0.3.0"),
];
