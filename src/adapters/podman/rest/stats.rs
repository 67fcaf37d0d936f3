//! Counters of a container from the service, where its control group cannot be seen.

use super::client::{Ask, Podman};
use super::containers::escape;
use super::{refusal, wire};
use crate::adapters::podman::call::Call;
use crate::domain::stats::{MemoryUsage, StatsSample};
use crate::domain::task::identity::ContainerId;
use crate::domain::time::Timestamp;
use crate::ports::{ErrorKind, RuntimeError};

impl Podman {
    /// `GET /containers/stats`: 1.1 ms (4.3).
    pub async fn counters(&self, call: &Call, id: &ContainerId) -> Result<StatsSample, RuntimeError> {
        let query = format!("/containers/stats?stream=false&containers={}", escape(id.as_str()));
        let reply = self.ask(call, &Ask::get(query)).await?;
        if !reply.status.is_success() {
            return Err(refusal::error(call, &reply, of_stats));
        }
        let report: wire::StatsReport = reply.json(call)?;
        let stats = report.stats.into_iter().next().unwrap_or_default();
        sample(&stats).ok_or_else(|| call.error(ErrorKind::WrongState, "the container is not running"))
    }
}

/// 409 is rootless on cgroup v1, which has no counters to give.
fn of_stats(refusal: &refusal::Refusal) -> ErrorKind {
    let kind = refusal::by_cause(refusal);
    let none = kind == ErrorKind::WrongState && refusal.message.to_lowercase().contains("cgroup");
    if none { ErrorKind::Unsupported } else { kind }
}

/// `None` for the zeros, or the failed report, of a container that does not run.
pub fn sample(stats: &wire::Stats) -> Option<StatsSample> {
    let at = i64::try_from(stats.system_nano).ok().filter(|nanos| *nanos > 0)?;
    Some(StatsSample {
        at: Timestamp::from_unix_nanos(at),
        cpu_total_ns: Some(stats.cpu_nano),
        cpu_user_ns: Some(stats.cpu_nano.saturating_sub(stats.cpu_system_nano)),
        cpu_system_ns: Some(stats.cpu_system_nano),
        throttled_periods: None,
        throttled_ns: None,
        memory: MemoryUsage { usage: Some(stats.mem_usage), ..MemoryUsage::default() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_a_container_that_does_not_run() {
        let report = |json| serde_json::from_str::<wire::StatsReport>(json).unwrap();
        let running = report(
            r#"{"Error":null,"Stats":[{"ContainerID":"92","PerCPU":null,"CPUNano":37049994,
            "CPUSystemNano":8000000,"SystemNano":1795467474888700095,"MemUsage":237568}]}"#,
        );
        let counted = sample(&running.stats[0]).unwrap();
        assert_eq!((counted.cpu_total_ns, counted.cpu_user_ns), (Some(37_049_994), Some(29_049_994)));
        assert_eq!(counted.memory.usage, Some(237_568));
        assert_eq!(sample(&report(r#"{"Error":null,"Stats":[{"SystemNano":0}]}"#).stats[0]), None);
        assert!(report(r#"{"Error":{},"Stats":null}"#).stats.is_empty());
    }
}
