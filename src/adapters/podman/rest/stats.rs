//! Counters of a container: from its control group, or where that cannot be seen, from the service.

use super::client::{Ask, Call, Podman};
use super::containers::escape;
use super::{refusal, wire};
use crate::adapters::podman::linux::cgroup::Cgroup;
use crate::adapters::podman::linux::counters;
use crate::domain::container::ContainerState;
use crate::domain::stats::{MemoryUsage, StatsSample};
use crate::domain::task::identity::ContainerId;
use crate::domain::time::Timestamp;
use crate::ports::{ErrorKind, RuntimeError};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Control groups of containers that were asked for. A group is named after its container, so it cannot become
/// another's; one that is gone is forgotten.
#[derive(Debug, Default)]
pub struct Groups(Mutex<HashMap<ContainerId, Cgroup>>);

impl Groups {
    fn get(&self, id: &ContainerId) -> Option<Cgroup> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn put(&self, id: &ContainerId, group: Cgroup) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), group);
    }

    /// Its container has ended, or is gone.
    pub fn forget(&self, id: &ContainerId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

impl Podman {
    /// See [`crate::ports::ContainerRuntime::stats`]. From the second sample on the service is not asked.
    pub async fn stats(&self, id: &ContainerId, groups: &Groups) -> Result<StatsSample, RuntimeError> {
        let call = Call::new("read stats of container", id);
        if let Some(group) = groups.get(id) {
            if let Ok(sample) = counters::read(&group, self.clock().now()) {
                return Ok(sample);
            }
            groups.forget(id);
        }
        let facts = self.inspect(id.as_str()).await?.facts;
        if !matches!(facts.state, ContainerState::Running | ContainerState::Paused | ContainerState::Stopping)
        {
            return Err(call.error(ErrorKind::WrongState, "the container is not running"));
        }
        let group = facts.pid.and_then(|pid| Cgroup::of_container(Path::new("/"), pid, id.as_str()).ok());
        match group.map(|group| (counters::read(&group, self.clock().now()), group)) {
            Some((Ok(sample), group)) => {
                groups.put(id, group);
                Ok(sample)
            }
            _ => self.api_stats(&call, id).await,
        }
    }

    /// `GET /containers/stats`: 1.1 ms (4.3).
    async fn api_stats(&self, call: &Call, id: &ContainerId) -> Result<StatsSample, RuntimeError> {
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
fn sample(stats: &wire::Stats) -> Option<StatsSample> {
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
