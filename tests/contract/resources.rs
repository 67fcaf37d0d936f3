//! Limits and counters, and what the runtime says about itself.

use crate::lab::{Lab, refused};
use crate::programs::{exit, forever};
use nomad_driver_podman::adapters::memory::Step;
use nomad_driver_podman::domain::container::ContainerSpec;
use nomad_driver_podman::domain::container::spec::{Limits, SwapLimit};
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

pub async fn beyond_its_memory_a_container_is_killed(lab: &Lab) {
    let memory = Some(32 << 20);
    let limits = Limits { memory, memory_swap: memory.map(SwapLimit::Bytes), ..Limits::default() };
    let spec = ContainerSpec { limits, ..lab.spec([Step::Allocate(256 << 20), exit(0)]) };
    let (facts, _) = lab.end(&spec).await;
    // Whether the runtime notices why depends on the kernel; the code never lies.
    assert_eq!(facts.exit_code, Some(137), "{facts:?}");
}

pub async fn the_runtime_tells_what_it_is(lab: &Lab) {
    let facts = lab.runtime.probe().await.unwrap();
    assert!(!facts.version.is_empty() && !facts.api.is_empty(), "{facts:?}");
    assert!([1, 2].contains(&facts.cgroup_version), "{facts:?}");
    assert_eq!(facts.rootless, lab.arm.is_rootless(), "{facts:?}");
}
