//! Limits: CPU, memory and processes as OCI `LinuxResources`, the rest by fields of their own.

use crate::domain::config::grammar::ulimit::Ulimit;
use crate::domain::container::spec::{Limits, SwapLimit};
use serde::Serialize;
use std::collections::BTreeMap;

/// The resource topic of the SpecGenerator.
#[derive(Serialize)]
pub struct Resources<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_limits: Option<LinuxResources<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    r_limits: Vec<RLimit<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shm_size: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oom_score_adj: Option<i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    sysctl: &'a BTreeMap<String, String>,
}

/// Both numbers unsigned: before 5.8 a -1 does not decode.
#[derive(Serialize)]
struct RLimit<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    soft: u64,
    hard: u64,
}

#[derive(Serialize)]
struct LinuxResources<'a> {
    cpu: Cpu<'a>,
    memory: Memory,
    #[serde(skip_serializing_if = "Option::is_none")]
    pids: Option<Pids>,
}

#[derive(Serialize)]
struct Pids {
    limit: i64,
}

#[derive(Default, PartialEq, Eq, Serialize)]
struct Cpu<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    shares: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpus: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quota: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<u64>,
}

#[derive(Default, PartialEq, Eq, Serialize)]
struct Memory {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reservation: Option<i64>,
    /// Memory plus swap. Left out, 4.1 and later make it twice the memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    swap: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    swappiness: Option<u64>,
}

/// The topic of `limits`.
pub fn resources(limits: &Limits) -> Resources<'_> {
    Resources {
        resource_limits: linux(limits),
        r_limits: limits.ulimits.iter().map(|(kind, limit)| r_limit(kind, *limit)).collect(),
        shm_size: limits.shm_size.map(signed),
        oom_score_adj: limits.oom_score_adj,
        sysctl: &limits.sysctl,
    }
}

fn r_limit(kind: &str, limit: Ulimit) -> RLimit<'_> {
    RLimit { kind, soft: limit.soft, hard: limit.hard }
}

/// Nothing is said where nothing is limited: rootless Podman on cgroup v1 would warn.
fn linux(limits: &Limits) -> Option<LinuxResources<'_>> {
    let cpu = Cpu {
        shares: limits.cpu_shares,
        cpus: limits.cpuset.as_deref(),
        quota: limits.cpu_quota.map(|cpu| signed(cpu.quota)),
        period: limits.cpu_quota.map(|cpu| cpu.period),
    };
    let memory = Memory {
        limit: limits.memory.map(signed),
        reservation: limits.memory_reservation.map(signed),
        swap: limits.memory.map(|memory| swap(memory, limits.memory_swap)),
        swappiness: limits.memory_swappiness,
    };
    let pids = limits.pids.map(|limit| Pids { limit });
    let limited = cpu != Cpu::default() || memory != Memory::default() || pids.is_some();
    limited.then_some(LinuxResources { cpu, memory, pids })
}

/// No limit is the most that the kernel counts: -1 is less than the memory limit to Podman 4.3, which refuses it on
/// cgroup v1. Without a memory limit nothing limits the swap either, and Podman refuses to be told about it.
fn swap(memory: u64, limit: Option<SwapLimit>) -> i64 {
    match limit {
        Some(SwapLimit::Bytes(bytes)) => signed(bytes),
        Some(SwapLimit::Unlimited) => i64::MAX,
        None => signed(memory),
    }
}

/// The wire counts in i64.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
