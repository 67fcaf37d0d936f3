//! The network namespace of a task.

use super::spec::Network;
use crate::domain::config::network_mode::NetworkModeOption;
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::task::TaskRequest;
use crate::domain::task::identity::ContainerName;

/// A namespace that the host passes in wins; then the option; then the runtime's usual one.
pub fn network(task: &TaskRequest, mode: Option<&NetworkModeOption>, runtime: &RuntimeFacts) -> Network {
    if let Some(namespace) = &task.network {
        return Network::Path(namespace.path.clone());
    }
    match mode {
        Some(NetworkModeOption::Bridge) => Network::Bridge,
        Some(NetworkModeOption::Host) => Network::Host,
        Some(NetworkModeOption::None) => Network::None,
        Some(NetworkModeOption::Slirp4netns(options)) => Network::Slirp4netns(options.clone()),
        Some(NetworkModeOption::Pasta(options)) => Network::Pasta(options.clone()),
        Some(NetworkModeOption::Container(id)) => Network::Container(id.clone()),
        Some(NetworkModeOption::Task(name)) => {
            Network::Container(ContainerName::of_task(name, &task.meta.alloc_id).as_str().to_owned())
        }
        Some(NetworkModeOption::Path(path)) => Network::Path(path.clone()),
        None => default_network(runtime),
    }
}

/// What Podman itself would choose: rootless ones cannot make a bridge of the host; 5.0 moved to pasta.
fn default_network(runtime: &RuntimeFacts) -> Network {
    match (runtime.rootless, runtime.major()) {
        (false, _) => Network::Bridge,
        (true, 5..) => Network::Pasta(String::new()),
        (true, _) => Network::Slirp4netns(String::new()),
    }
}
