//! What the agent shows of the driver and of its tasks.

use crate::support::agent::Agent;
use crate::support::job::Job;
use crate::support::setup::text;
use crate::support::wait;

pub fn the_node_tells_about_podman(agent: &Agent) {
    let node = agent.healthy();
    let attribute = |name: &str| node["Attributes"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(attribute("driver.podman"), "1", "{}", node["Attributes"]);
    let version = attribute("driver.podman.version");
    match text("NDP_PODMAN_VERSION") {
        Some(real) => assert_eq!(version, real),
        None => assert!(version.contains('.'), "{version}"),
    }
    for name in ["driver.podman.cgroupVersion", "driver.podman.rootless", "driver.podman.ociRuntime"] {
        assert_ne!(attribute(name), "", "{name}: {}", node["Attributes"]);
    }
}

pub fn a_running_task_has_statistics(agent: &Agent) {
    let script = "trap 'exit 0' TERM; while :; do sleep 0.1; done";
    let alloc = agent.run(&Job::service("stats", script));
    alloc.running();
    wait::until("memory and CPU of a task", || {
        let path = format!("/v1/client/allocation/{}/stats", alloc.id);
        let stats = agent.api.json("GET", &path, "")?;
        let usage = &stats["Tasks"][Job::TASK]["ResourceUsage"];
        let (memory, cpu) = (&usage["MemoryStats"], &usage["CpuStats"]);
        let bytes = ["RSS", "Usage"].iter().filter_map(|field| memory[field].as_u64()).max();
        if bytes > Some(0) && cpu["Percent"].as_f64() > Some(0.0) { Ok(()) } else { Err(stats.to_string()) }
    });
    alloc.stop();
}
