//! CPU and memory limits, as OCI `LinuxResources`.

use crate::domain::container::spec::{Limits, SwapLimit};
use serde::Serialize;

/// The resource topic of the SpecGenerator.
#[derive(Serialize)]
pub struct Resources<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_limits: Option<LinuxResources<'a>>,
}

#[derive(Serialize)]
struct LinuxResources<'a> {
    cpu: Cpu<'a>,
    memory: Memory,
}

#[derive(Serialize)]
struct Cpu<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    shares: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpus: Option<&'a str>,
}

#[derive(Serialize)]
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

/// The topic of `limits`. Nothing is said where nothing is limited: rootless Podman on cgroup v1 would warn.
pub fn resources(limits: &Limits) -> Resources<'_> {
    let resource_limits = (*limits != Limits::default()).then(|| LinuxResources {
        cpu: Cpu { shares: limits.cpu_shares, cpus: limits.cpuset.as_deref() },
        memory: Memory {
            limit: limits.memory.map(signed),
            reservation: limits.memory_reservation.map(signed),
            swap: limits.memory.map(|memory| swap(memory, limits.memory_swap)),
            swappiness: limits.memory_swappiness,
        },
    });
    Resources { resource_limits }
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
