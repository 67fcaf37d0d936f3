//! What a task knows about itself: its environment, and the references its options may make.

use super::alloc::Alloc;
use super::jobfile::interpolate::RuntimeVars;
use super::jobfile::model::{Group, Job, Task};
use crate::domain::secret::Env;
use crate::domain::task::request::MemoryMax;
use std::collections::BTreeMap;

/// The `NOMAD_…` variables of a task.
pub fn nomad_vars(job: &Job, group: &Group, task: &Task, alloc: &Alloc) -> BTreeMap<String, String> {
    let mut vars = BTreeMap::new();
    let mut set = |name: &str, value: &str| drop(vars.insert(format!("NOMAD_{name}"), value.to_owned()));
    // Paths inside the container, where the driver mounts them.
    set("ALLOC_DIR", "/alloc");
    set("TASK_DIR", "/local");
    set("SECRETS_DIR", "/secrets");
    set("ALLOC_ID", alloc.id.as_str());
    set("SHORT_ALLOC_ID", alloc.id.as_str().get(..8).unwrap_or_default());
    set("ALLOC_INDEX", &alloc.index.to_string());
    set("ALLOC_NAME", &format!("{}.{}[{}]", job.name, group.name, alloc.index));
    set("TASK_NAME", &task.name);
    set("GROUP_NAME", &group.name);
    set("JOB_NAME", &job.name);
    set("JOB_ID", &job.id);
    set("NAMESPACE", &job.namespace);
    set("REGION", &job.region);
    set("DC", datacenter(job));
    set("CPU_LIMIT", &task.resources.cpu.to_string());
    set("MEMORY_LIMIT", &task.resources.memory.to_string());
    if let MemoryMax::Megabytes(most) = task.resources.memory_max {
        set("MEMORY_MAX_LIMIT", &most.to_string());
    }
    port_vars(alloc, &mut set);
    for (name, value) in job.meta.iter().chain(&group.meta).chain(&task.meta) {
        set(&format!("META_{name}"), value);
        set(&format!("META_{}", name.to_uppercase()), value);
    }
    vars
}

fn port_vars(alloc: &Alloc, set: &mut impl FnMut(&str, &str)) {
    for port in &alloc.ports {
        let (label, ip, host) = (&port.label, alloc.host_ip.to_string(), port.host.to_string());
        let address = std::net::SocketAddr::new(alloc.host_ip, port.host).to_string();
        set(&format!("PORT_{label}"), &port.container.unwrap_or(port.host).to_string());
        set(&format!("HOST_PORT_{label}"), &host);
        set(&format!("ALLOC_PORT_{label}"), &port.container.unwrap_or(port.host).to_string());
        for prefix in ["", "HOST_"] {
            set(&format!("{prefix}IP_{label}"), &ip);
            set(&format!("{prefix}ADDR_{label}"), &address);
        }
    }
}

/// The first datacenter of the job that is a name and not a pattern.
fn datacenter(job: &Job) -> &str {
    job.datacenters.iter().find(|name| !name.contains('*')).map_or("dc1", String::as_str)
}

/// What `${…}` in options and variables of the task may refer to.
pub fn references(job: &Job, nomad: &BTreeMap<String, String>, task: &Task) -> RuntimeVars {
    let mut known = nomad.clone();
    for (name, value) in [
        ("node.datacenter", datacenter(job)),
        ("node.region", &job.region),
        ("node.unique.name", "localhost"),
        ("attr.kernel.name", std::env::consts::OS),
        ("attr.cpu.arch", std::env::consts::ARCH),
        ("attr.driver.podman", "1"),
    ] {
        known.insert(name.to_owned(), value.to_owned());
    }
    known.extend(nomad.iter().map(|(name, value)| (format!("env.{name}"), value.clone())));
    let mut references = RuntimeVars::new(known);
    let own: Vec<(&String, String)> =
        task.env.iter().map(|(name, value)| (name, references.lenient(value))).collect();
    for (name, value) in own {
        references.known.insert(format!("env.{name}"), value.clone());
        references.known.insert(name.clone(), value);
    }
    references
}

/// The complete environment of a task.
pub fn environment(nomad: &BTreeMap<String, String>, references: &RuntimeVars, task: &Task) -> Env {
    let mut env: Env = nomad.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for (name, value) in &task.env {
        env.set(name, references.lenient(value));
    }
    env
}
