//! Labels that make a container ours. Only a container with them is ever signalled or removed.

use crate::domain::config::grammar::glob;
use crate::domain::secret::Texts;
use crate::domain::task::TaskRequest;
use crate::domain::task::identity::{AllocId, ContainerName};
use std::collections::BTreeMap;

/// What our labels begin with. They are the driver's memory: those of a job are left out.
const OURS: &str = "io.nomad-driver-podman.";
/// Which driver owns the container; its value is [`DRIVER`].
pub const DRIVER_LABEL: &str = "io.nomad-driver-podman.driver";
/// The value of [`DRIVER_LABEL`].
pub const DRIVER: &str = "nomad-driver-podman";
/// The task id, unique per start.
pub const TASK_LABEL: &str = "io.nomad-driver-podman.task-id";
/// The allocation.
pub const ALLOC_LABEL: &str = "io.nomad-driver-podman.alloc-id";
/// The name of the task.
pub const TASK_NAME_LABEL: &str = "io.nomad-driver-podman.task-name";
/// The Nomad node, so that two agents on one machine leave each other's containers alone.
pub const NODE_LABEL: &str = "io.nomad-driver-podman.node-id";

/// Bytes of output that may wait for the host; beyond it the runtime drops the oldest and counts them. A label, because
/// the host forgets the task's configuration.
pub const BACKLOG_LABEL: &str = "io.nomad-driver-podman.log-backlog";
/// Where the agent keeps its allocations: no two agents of a machine share the directory.
pub const ROOT_LABEL: &str = "io.nomad-driver-podman.alloc-root";
/// Id and name of the container's image, if this driver pulled it. A pulled image cannot have labels of its own, so
/// this is how the knowledge outlives us.
pub const PULLED_LABEL: &str = "io.nomad-driver-podman.pulled-image";

/// A Nomad agent, as far as containers tell it from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Agent {
    /// [`ROOT_LABEL`].
    root: String,
    /// [`NODE_LABEL`]; agents in containers of their own may have equal directories. `None` where the host is too
    /// old to say.
    node: Option<String>,
}

impl Agent {
    /// The agent that a task comes from.
    pub fn of_task(task: &TaskRequest) -> Option<Self> {
        let node = Some(task.meta.node_id.clone()).filter(|node| !node.is_empty());
        Some(Self { root: task.dirs.alloc.parent()?.to_str()?.to_owned(), node })
    }

    /// The agent whose container has these labels.
    pub fn of_container(labels: &BTreeMap<String, String>) -> Option<Self> {
        let said = |name: &str| labels.get(name).filter(|text| !text.is_empty()).cloned();
        Some(Self { root: said(ROOT_LABEL)?, node: said(NODE_LABEL) })
    }
}

/// Who a container belongs to, read from its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Not ours: hands off.
    Foreign,
    /// A start of a task of ours.
    Task {
        /// [`TASK_LABEL`].
        task_id: String,
        /// [`ALLOC_LABEL`].
        alloc_id: String,
    },
}

/// Labels that the operator may ask for, as the Go driver writes them.
const NOMAD: &str = "com.hashicorp.nomad";

/// All labels of a task's container: the job's own, those that the operator asks for, ours. The later win, and the job
/// has none of ours, so that it can neither pass its container off as somebody else's nor an image off as pulled. Nor
/// has its image: a container gets its image's labels too, but for those that it has itself, so ours are also there
/// where they have nothing to say.
pub fn labels(task: &TaskRequest, own: &Texts, extra: &[String], backlog_max: Option<u64>) -> Texts {
    let mut labels = own.clone();
    labels.retain(|name, _| !name.starts_with(OURS));
    labels.extend(extra_labels(task, extra));
    labels.extend(of_task(task));
    labels.extend(backlog_max.map(|bytes| (BACKLOG_LABEL.to_owned(), bytes.to_string())));
    for unsaid in [NODE_LABEL, ROOT_LABEL, BACKLOG_LABEL, PULLED_LABEL] {
        labels.entry(unsaid.to_owned()).or_default();
    }
    labels
}

fn extra_labels(task: &TaskRequest, patterns: &[String]) -> Texts {
    if patterns.is_empty() {
        return Texts::default();
    }
    let meta = &task.meta;
    let known = [
        ("job_name", &meta.job_name),
        ("job_id", &meta.job_id),
        ("task_group_name", &meta.group_name),
        ("task_name", &meta.task_name),
        ("namespace", &meta.namespace),
        ("node_name", &meta.node_name),
        ("node_id", &meta.node_id),
    ];
    let wanted = |name: &str| patterns.iter().any(|pattern| glob::matches(pattern, name));
    let chosen = known.into_iter().filter(|(name, _)| wanted(name));
    let chosen = chosen.map(|(name, value)| (format!("{NOMAD}.{name}"), value.clone()));
    chosen.chain([(format!("{NOMAD}.alloc_id"), meta.alloc_id.as_str().to_owned())]).collect()
}

/// The labels that make a container this task's.
pub fn of_task(task: &TaskRequest) -> Texts {
    let mut labels = Texts::default();
    let mut label = |key: &str, value: &str| drop(labels.insert(key.to_owned(), value.to_owned()));
    label(DRIVER_LABEL, DRIVER);
    label(TASK_LABEL, task.id.as_str());
    label(ALLOC_LABEL, task.meta.alloc_id.as_str());
    label(TASK_NAME_LABEL, &task.meta.task_name);
    if let Some(agent) = Agent::of_task(task) {
        label(ROOT_LABEL, &agent.root);
        agent.node.iter().for_each(|node| label(NODE_LABEL, node));
    }
    labels
}

/// Reads [`BACKLOG_LABEL`].
pub fn log_backlog(labels: &BTreeMap<String, String>) -> Option<u64> {
    labels.get(BACKLOG_LABEL)?.parse().ok()
}

/// Reads the owner from labels.
pub fn owner(labels: &BTreeMap<String, String>) -> Owner {
    let get = |key: &str| labels.get(key).cloned();
    match (get(DRIVER_LABEL).as_deref(), get(TASK_LABEL), get(ALLOC_LABEL)) {
        (Some(DRIVER), Some(task_id), Some(alloc_id)) => Owner::Task { task_id, alloc_id },
        _ => Owner::Foreign,
    }
}

/// The same of a container of which nothing else is known, as of one in a list: it must have the name, too, that its
/// labels give it. A copy of a task's container (`podman commit`) hands its labels on to whatever is run from it.
pub fn owner_by_name(name: &ContainerName, labels: &BTreeMap<String, String>) -> Owner {
    let (Owner::Task { task_id, alloc_id }, Some(task)) = (owner(labels), labels.get(TASK_NAME_LABEL)) else {
        return Owner::Foreign;
    };
    let named = *name == ContainerName::of_task(task, &AllocId::new(alloc_id.as_str()));
    if named { Owner::Task { task_id, alloc_id } } else { Owner::Foreign }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::container::translate_tests::task;

    #[test]
    fn a_job_cannot_forge_our_labels() {
        let forged = [TASK_LABEL, BACKLOG_LABEL, PULLED_LABEL, "io.nomad-driver-podman.next"];
        let own = forged.map(|name| (name, "1 forged")).into_iter().chain([("team", "core")]).collect();
        let labels = labels(&task(), &own, &[], None);
        assert!(labels.values().all(|value| value != "1 forged"), "{:?}", *labels);
        for unsaid in [BACKLOG_LABEL, PULLED_LABEL] {
            assert_eq!(labels.get(unsaid).map(String::as_str), Some(""), "{unsaid}: an image could say it");
        }
        assert_eq!(labels["team"], "core");
        assert_eq!(labels[TASK_LABEL], task().id.as_str());
        assert_eq!(log_backlog(&labels), None);
        assert!(!labels.keys().any(|key| key.starts_with(NOMAD)));
    }

    #[test]
    fn a_container_names_its_agent_and_tells_it_from_others() {
        let own = of_task(&task());
        assert_eq!(Agent::of_container(&own), Agent::of_task(&task()));
        let nobodys = [ROOT_LABEL, NODE_LABEL].map(|key| (key.to_owned(), String::new()));
        assert_eq!(Agent::of_container(&nobodys.into()), None);
        for key in [ROOT_LABEL, NODE_LABEL] {
            let other = own.clone().into_iter().chain([(key.to_owned(), "other".to_owned())]).collect();
            assert_ne!(Agent::of_container(&other), Agent::of_task(&task()), "{key}");
        }
    }

    #[test]
    fn patterns_choose_extra_labels_and_any_brings_the_allocation() {
        let chosen = |patterns: &[&str]| {
            let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
            extra_labels(&task(), &patterns).keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(chosen(&["nothing"]), ["com.hashicorp.nomad.alloc_id"]);
        let job =
            ["com.hashicorp.nomad.alloc_id", "com.hashicorp.nomad.job_id", "com.hashicorp.nomad.job_name"];
        assert_eq!(chosen(&["job*"]), job);
        assert_eq!(chosen(&["*"]).len(), 8);
    }
}
