//! Limits and counters, and what the runtime says about itself.

use crate::arm::Need;
use crate::lab::{Lab, refused};
use crate::programs::{exit, forever, sleep_ms};
use nomad_driver_podman::adapters::memory::{Program, Step};
use nomad_driver_podman::domain::container::ContainerSpec;
use nomad_driver_podman::domain::container::spec::{Limits, SwapLimit};
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::stats::StatsSample;
use nomad_driver_podman::ports::ErrorKind;

pub async fn counters_of_a_running_container_only_grow(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let first = lab.runtime.stats(&id).await.unwrap();
    lab.sleep(300).await;
    let second = lab.runtime.stats(&id).await.unwrap();
    assert!(second.at > first.at, "{first:?} {second:?}");
    assert!(first.cpu_total_ns.unwrap() > 0, "{first:?}");
    assert!(second.cpu_total_ns >= first.cpu_total_ns, "{first:?} {second:?}");
}

pub async fn memory_is_measured(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let memory = lab.runtime.stats(&id).await.unwrap().memory;
    let used = memory.rss.or(memory.usage).unwrap();
    assert!((1..1 << 30).contains(&used), "{memory:?}");
}

pub async fn a_container_that_does_not_run_has_no_counters(lab: &Lab) {
    let created = lab.create(&lab.spec([exit(0)])).await;
    let (ended, _) = lab.end(&lab.spec([exit(0)])).await;
    for id in [created, ended.id] {
        refused(lab.runtime.stats(&id).await, ErrorKind::WrongState);
    }
}

pub async fn an_absent_container_is_not_found(lab: &Lab) {
    refused(lab.runtime.stats(&lab.absent()).await, ErrorKind::NotFound);
}

pub async fn counters_end_with_the_container_and_never_in_part(lab: &Lab) {
    let id = lab.run([forever()]).await;
    let measured = |sample: StatsSample| {
        let memory = sample.memory;
        [sample.cpu_total_ns, sample.cpu_user_ns, memory.usage, memory.rss].map(|counter| counter.is_some())
    };
    let first = measured(lab.runtime.stats(&id).await.unwrap());
    lab.runtime.signal(&id, Signal::KILL).await.unwrap();
    let end = loop {
        match lab.runtime.stats(&id).await {
            Ok(sample) => assert_eq!(measured(sample), first),
            Err(error) => break error,
        }
        // On virtual time nothing else would happen.
        lab.sleep(1).await;
    };
    assert!(end.is(ErrorKind::WrongState) || end.kind.is_transient(), "{end}");
    lab.runtime.wait(&id).await.unwrap();
    refused(lab.runtime.stats(&id).await, ErrorKind::WrongState);
}

pub async fn beyond_its_memory_a_container_is_killed(lab: &Lab) {
    killed_for_memory(lab, Program::from([sleep_ms(1000), Step::Allocate(256 << 20), exit(0)])).await;
}

/// Dead before anybody can ask about it, and perhaps cleaned up by then.
pub async fn beyond_its_memory_at_once_a_container_is_killed(lab: &Lab) {
    for _ in 0..5 {
        killed_for_memory(lab, Program::from([Step::Allocate(256 << 20), exit(0)])).await;
    }
}

async fn killed_for_memory(lab: &Lab, steps: Program) {
    // More than an OCI runtime takes while it begins, which was measured at up to 14 MB.
    let memory = 32 << 20;
    let limits =
        Limits { memory: Some(memory), memory_swap: Some(SwapLimit::Bytes(memory)), ..Limits::default() };
    let (facts, _) = lab.end(&ContainerSpec { limits, ..lab.spec(steps) }).await;
    assert_eq!((facts.exit_code, facts.oom_killed), (Some(137), true), "{facts:?}");
    let Some(at_end) = facts.memory_at_end else {
        // A service does not tell it, so there must be a kernel to ask.
        assert!(lab.arm.lacks(Need::Kernel).is_some(), "{facts:?}");
        return;
    };
    assert_eq!(at_end.limit, Some(memory));
    // Not every kernel of version 2 keeps a peak.
    assert!(at_end.peak.is_none_or(|peak| peak > memory / 2 && peak <= memory), "{at_end:?}");
}

pub async fn the_runtime_tells_what_it_is(lab: &Lab) {
    let facts = lab.runtime.probe().await.unwrap();
    assert!(!facts.version.is_empty() && !facts.api.is_empty(), "{facts:?}");
    assert!([1, 2].contains(&facts.cgroup_version), "{facts:?}");
    assert_eq!(facts.rootless, lab.arm.is_rootless(), "{facts:?}");
}
