//! Resource usage: raw counters from the kernel or the runtime, and the rates made of two of them.

use super::time::Timestamp;

/// Counters of one container at one moment. `None` means "not measured", never zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatsSample {
    /// When they were read.
    pub at: Timestamp,
    /// CPU time used so far, in nanoseconds.
    pub cpu_total_ns: Option<u64>,
    /// Of which in user mode.
    pub cpu_user_ns: Option<u64>,
    /// Of which in the kernel.
    pub cpu_system_ns: Option<u64>,
    /// Periods in which the CPU quota was used up.
    pub throttled_periods: Option<u64>,
    /// Time spent waiting for quota, in nanoseconds.
    pub throttled_ns: Option<u64>,
    /// Bytes, see [`MemoryUsage`].
    pub memory: MemoryUsage,
}

/// Memory of one container, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemoryUsage {
    /// Anonymous pages in RAM.
    pub rss: Option<u64>,
    /// File pages.
    pub cache: Option<u64>,
    /// Pages swapped out.
    pub swap: Option<u64>,
    /// All that counts against the limit.
    pub usage: Option<u64>,
    /// The highest usage so far.
    pub max_usage: Option<u64>,
    /// Kernel memory.
    pub kernel: Option<u64>,
    /// The highest kernel memory so far.
    pub kernel_max: Option<u64>,
}

/// The compute power of the node, as the host knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compute {
    /// MHz of all usable cores together.
    pub total_mhz: u64,
    /// Number of cores.
    pub cores: u32,
}

/// CPU usage over an interval. 100 percent is one core fully used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CpuUsage {
    /// All modes.
    pub percent: Option<f64>,
    /// User mode.
    pub user_percent: Option<f64>,
    /// Kernel mode.
    pub system_percent: Option<f64>,
    /// MHz used; needs the host's topology.
    pub total_ticks_mhz: Option<f64>,
    /// See [`StatsSample::throttled_periods`].
    pub throttled_periods: Option<u64>,
    /// See [`StatsSample::throttled_ns`].
    pub throttled_ns: Option<u64>,
}

/// What the host is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// When it was measured.
    pub at: Timestamp,
    /// Since the sample before.
    pub cpu: CpuUsage,
    /// Now.
    pub memory: MemoryUsage,
}

/// Turns `now` into usage since `before`. Without an earlier sample, or when counters were reset or the clock
/// stood still, rates are zero: nothing is known to have been used.
pub fn usage(before: Option<&StatsSample>, now: &StatsSample, compute: Option<Compute>) -> Usage {
    let rate = |counter: fn(&StatsSample) -> Option<u64>| percent(before, now, counter);
    let percent = rate(|sample| sample.cpu_total_ns);
    Usage {
        at: now.at,
        cpu: CpuUsage {
            percent,
            user_percent: rate(|sample| sample.cpu_user_ns),
            system_percent: rate(|sample| sample.cpu_system_ns),
            total_ticks_mhz: percent.zip(compute).and_then(|(percent, compute)| ticks(percent, compute)),
            throttled_periods: now.throttled_periods,
            throttled_ns: now.throttled_ns,
        },
        memory: now.memory,
    }
}

fn percent(
    before: Option<&StatsSample>,
    now: &StatsSample,
    counter: fn(&StatsSample) -> Option<u64>,
) -> Option<f64> {
    let current = counter(now)?;
    let Some(before) = before else { return Some(0.0) };
    let elapsed = now.at.since(before.at).as_secs_f64();
    let used = current.saturating_sub(counter(before)?);
    if elapsed == 0.0 {
        return Some(0.0);
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 52 bits")]
    Some(used as f64 / 1e9 / elapsed * 100.0)
}

fn ticks(percent: f64, compute: Compute) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "MHz of a node fit 52 bits")]
    (compute.cores > 0).then(|| percent / 100.0 * compute.total_mhz as f64 / f64::from(compute.cores))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_s: i64, cpu_ns: u64) -> StatsSample {
        StatsSample {
            at: Timestamp::from_unix_nanos(at_s * 1_000_000_000),
            cpu_total_ns: Some(cpu_ns),
            cpu_user_ns: None,
            cpu_system_ns: None,
            throttled_periods: None,
            throttled_ns: None,
            memory: MemoryUsage::default(),
        }
    }

    #[test]
    fn one_core_for_a_second_is_a_hundred_percent() {
        let compute = Compute { total_mhz: 8000, cores: 4 };
        let used = usage(Some(&sample(1, 0)), &sample(2, 1_000_000_000), Some(compute));
        assert_eq!(used.cpu.percent, Some(100.0));
        assert_eq!(used.cpu.total_ticks_mhz, Some(2000.0));
        assert_eq!(used.cpu.user_percent, None);
    }

    #[test]
    fn the_first_sample_a_reset_and_a_stopped_clock_give_zero() {
        assert_eq!(usage(None, &sample(1, 50), None).cpu.percent, Some(0.0));
        assert_eq!(usage(Some(&sample(1, 50)), &sample(2, 0), None).cpu.percent, Some(0.0));
        assert_eq!(usage(Some(&sample(1, 0)), &sample(1, 50), None).cpu.percent, Some(0.0));
        assert_eq!(usage(Some(&sample(2, 0)), &sample(1, 50), None).cpu.percent, Some(0.0));
    }

    #[test]
    fn a_node_without_cores_has_no_ticks() {
        let none = Compute { total_mhz: 0, cores: 0 };
        assert_eq!(usage(Some(&sample(1, 0)), &sample(2, 5), Some(none)).cpu.total_ticks_mhz, None);
    }
}
