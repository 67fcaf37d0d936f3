//! Labels that make a container ours. Only a container with them is ever signalled or removed.

use crate::domain::task::TaskRequest;
use std::collections::BTreeMap;

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

/// The labels of a task's container.
pub fn of_task(task: &TaskRequest) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    let mut label = |key: &str, value: &str| drop(labels.insert(key.to_owned(), value.to_owned()));
    label(DRIVER_LABEL, DRIVER);
    label(TASK_LABEL, task.id.as_str());
    label(ALLOC_LABEL, task.meta.alloc_id.as_str());
    label(TASK_NAME_LABEL, &task.meta.task_name);
    if !task.meta.node_id.is_empty() {
        label(NODE_LABEL, &task.meta.node_id);
    }
    labels
}

/// Reads the owner from labels.
pub fn owner(labels: &BTreeMap<String, String>) -> Owner {
    let get = |key: &str| labels.get(key).cloned();
    match (get(DRIVER_LABEL).as_deref(), get(TASK_LABEL), get(ALLOC_LABEL)) {
        (Some(DRIVER), Some(task_id), Some(alloc_id)) => Owner::Task { task_id, alloc_id },
        _ => Owner::Foreign,
    }
}
