//! The table: what each figure is made of, and its goal.

use crate::board::Samples;

/// One line of the table.
pub struct Row {
    /// In the JSON file.
    pub key: &'static str,
    pub title: &'static str,
    pub unit: &'static str,
    pub figure: Figure,
    pub goal: Goal,
}

/// How samples become a figure.
pub enum Figure {
    Median(&'static str),
    P99(&'static str),
    /// The median of one over the median of another.
    Ratio(&'static str, &'static str),
    /// The median of one less the median of another.
    Above(&'static str, &'static str),
    /// Two medians.
    Sum(&'static str, &'static str),
}

/// What the first driver is to reach.
pub enum Goal {
    None,
    AtMost(f64),
    /// So many times the second driver's figure at most.
    OfOther(f64),
}

/// What became of a goal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There is none, or nothing to compare with.
    Open,
    Met,
    Missed,
}

const fn row(key: &'static str, title: &'static str, unit: &'static str, figure: Figure, goal: Goal) -> Row {
    Row { key, title, unit, figure, goal }
}

use Figure::{Above, Median, P99, Ratio, Sum};
use Goal::{AtMost, OfOther};

/// All of them, in order.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("binary_mib", "size of the binary", "MiB", Median("binary"), AtMost(12.0)),
    row("handshake_ms", "exec to handshake line", "ms", Median("handshake"), OfOther(1.0 / 4.0)),
    row("handshake_p99_ms", "  p99", "ms", P99("handshake"), Goal::None),
    row("idle_rss_mib", "resident when idle", "MiB", Median("idle.rss"), OfOther(1.0 / 3.0)),
    row("idle_anon_mib", "  of which anonymous", "MiB", Median("idle.anon"), AtMost(2.0)),
    row("start_ms", "StartTask", "ms", Median("start"), Goal::None),
    row("start_ratio", "  over bare create + start", "times", Ratio("start", "start.bare"), AtMost(1.05)),
    row("start_v1_ratio", "  the same on Podman 1", "times", Ratio("start.v1", "start.v1.bare"), AtMost(1.10)),
    row("rate_1", "starts with 1 caller", "1/s", Median("rate.1"), Goal::None),
    row("rate_4", "starts with 4 callers", "1/s", Median("rate.4"), Goal::None),
    row("rate_16", "starts with 16 callers", "1/s", Median("rate.16"), Goal::None),
    row("few_rss_mib", "resident with 10 tasks", "MiB", Median("few.rss"), Goal::None),
    row("many_rss_mib", "resident with 100 tasks", "MiB", Median("many.rss"), Goal::None),
    row("task_kib", "  anonymous per task, 10th to 100th", "KiB", Median("many.each"), AtMost(24.0)),
    row("few_cpu_ms", "driver + Podman CPU per task-second, 10 tasks", "ms", Sum("few.cpu", "few.cpu.podman"), Goal::None),
    row("many_cpu_ms", "driver + Podman CPU per task-second, 100 tasks", "ms", Sum("many.cpu", "many.cpu.podman"), OfOther(1.0 / 30.0)),
    row("recover_ms", "RecoverTask of 100 tasks, one by one", "ms", Median("recover"), Goal::None),
    row("stats_cpu_ms", "driver CPU per task-second, 20 tasks", "ms", Median("stats.cpu"), Goal::None),
    row("stats_podman_ms", "Podman CPU per task-second, 20 tasks", "ms", Median("stats.cpu.podman"), Goal::None),
    row("stats_sum_ms", "  both", "ms", Sum("stats.cpu", "stats.cpu.podman"), OfOther(1.0 / 30.0)),
    row("exit_ms", "exit seen after the process is gone", "ms", Median("exit"), Goal::None),
    row("exit_above_ms", "  above Podman's own wait, median", "ms", Above("exit", "exit.bare"), AtMost(10.0)),
    row("exit_p99_ms", "  p99", "ms", P99("exit.above"), AtMost(100.0)),
    row("stop_ms", "StopTask to removed", "ms", Median("stop"), Goal::None),
    row("exec_ms", "ExecTask round trip", "ms", Median("exec"), Goal::None),
    row("exec_ratio", "  over the bare calls", "times", Ratio("exec", "exec.bare"), AtMost(1.10)),
    row("log_mb_s", "log throughput of one task", "MB/s", Median("log.rate"), Goal::None),
    row("log_cpu_ms", "  driver CPU per MB", "ms", Median("log.cpu"), Goal::None),
    row("log_podman_ms", "  Podman CPU per MB", "ms", Median("log.cpu.podman"), Goal::None),
    row("log_delay_ms", "delay of a third task's lines beside two floods, median", "ms", Median("log.delay"), AtMost(50.0)),
    row("grow_start_1_us", "in memory: driver CPU per start beside 1 task", "us", Median("grow.start.1"), Goal::None),
    row("grow_start_10_us", "  10 tasks", "us", Median("grow.start.10"), Goal::None),
    row("grow_start_100_us", "  100 tasks", "us", Median("grow.start.100"), Goal::None),
    row("grow_start_1000_us", "  1,000 tasks", "us", Median("grow.start.1000"), Goal::None),
    row("grow_start_10000_us", "  10,000 tasks", "us", Median("grow.start.10000"), Goal::None),
    row("grow_start_flat", "  10,000 tasks over 1 task", "times", Ratio("grow.start.10000", "grow.start.1"), AtMost(1.2)),
    row("grow_end_1_us", "in memory: driver CPU per end beside 1 task", "us", Median("grow.end.1"), Goal::None),
    row("grow_end_10_us", "  10 tasks", "us", Median("grow.end.10"), Goal::None),
    row("grow_end_100_us", "  100 tasks", "us", Median("grow.end.100"), Goal::None),
    row("grow_end_1000_us", "  1,000 tasks", "us", Median("grow.end.1000"), Goal::None),
    row("grow_end_10000_us", "  10,000 tasks", "us", Median("grow.end.10000"), Goal::None),
    row("grow_end_flat", "  10,000 tasks over 1 task", "times", Ratio("grow.end.10000", "grow.end.1"), AtMost(1.2)),
    row("grow_stats_1_us", "in memory: driver CPU per task-second, 1 task", "us", Median("grow.stats.1"), Goal::None),
    row("grow_stats_10_us", "  10 tasks", "us", Median("grow.stats.10"), Goal::None),
    row("grow_stats_100_us", "  100 tasks", "us", Median("grow.stats.100"), Goal::None),
    row("grow_stats_1000_us", "  1,000 tasks", "us", Median("grow.stats.1000"), Goal::None),
    row("grow_stats_10000_us", "  10,000 tasks", "us", Median("grow.stats.10000"), Goal::None),
    row("grow_stats_flat", "  10,000 tasks over 100 tasks", "times", Ratio("grow.stats.10000", "grow.stats.100"), AtMost(1.2)),
    row("grow_kib_100", "in memory: anonymous per task, 100 tasks", "KiB", Median("grow.each.100"), Goal::None),
    row("grow_kib_1000", "  1,000 tasks", "KiB", Median("grow.each.1000"), Goal::None),
    row("grow_kib_10000", "  10,000 tasks", "KiB", Median("grow.each.10000"), Goal::None),
    row("grow_kib_flat", "  10,000 tasks over 1,000 tasks", "times", Ratio("grow.each.10000", "grow.each.1000"), AtMost(1.2)),
    row("grow_rss_1000_mib", "in memory: resident with 1,000 tasks", "MiB", Median("grow.rss.1000"), AtMost(40.0)),
    row("grow_idle_1000", "  of one core, nobody looks on", "%", Median("grow.idle.1000"), AtMost(1.0)),
    row("grow_busy_1000", "  of one core, sampled every second", "%", Median("grow.busy.1000"), AtMost(1.0)),
    row("grow_idle_10000", "  10,000 tasks, nobody looks on", "%", Median("grow.idle.10000"), Goal::None),
    row("sim_worlds", "simulator: worlds", "1/s", Median("sim.worlds"), Goal::None),
    row("sim_hours", "  simulated time", "h/s", Median("sim.hours"), Goal::None),
];

impl Figure {
    /// `None` without samples.
    pub fn of(&self, samples: &Samples) -> Option<f64> {
        let median = |key: &str| samples.get(key).map(|samples| percentile(samples, 50));
        match self {
            Self::Median(key) => median(key),
            Self::P99(key) => samples.get(key).map(|samples| percentile(samples, 99)),
            Self::Ratio(one, other) => Some(median(one)? / median(other)?),
            Self::Above(one, other) => Some(median(one)? - median(other)?),
            Self::Sum(one, other) => Some(median(one)? + median(other)?),
        }
    }
}

/// Samples are never empty: a key comes with its first.
fn percentile(samples: &[f64], percent: usize) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |index: usize| sorted[index.min(sorted.len() - 1)];
    match percent {
        // Of two in the middle, neither is it alone.
        50 => f64::midpoint(at((sorted.len() - 1) / 2), at(sorted.len() / 2)),
        _ => at(sorted.len() * percent / 100),
    }
}

impl Row {
    /// Whether the first driver reaches the goal.
    pub fn verdict(&self, figures: &[Option<f64>]) -> Verdict {
        let Some(ours) = figures[0] else { return Verdict::Open };
        let met = match (&self.goal, figures.get(1).copied().flatten()) {
            (AtMost(limit), _) => ours <= *limit,
            (OfOther(part), Some(other)) => ours <= other * part,
            (Goal::None, _) | (OfOther(_), None) => return Verdict::Open,
        };
        if met { Verdict::Met } else { Verdict::Missed }
    }

    /// The goal in words; empty without one.
    pub fn goal(&self) -> String {
        match self.goal {
            Goal::None => String::new(),
            AtMost(limit) => format!("<= {limit}"),
            OfOther(part) => format!("<= 1/{:.0} of it", 1.0 / part),
        }
    }
}
