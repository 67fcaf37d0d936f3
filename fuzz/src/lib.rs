//! What several targets need.

use nomad_driver_podman::domain::config::Value;
use nomad_driver_podman::domain::task::request::{Resources, TaskDirs, TaskMeta, TaskRequest};
use nomad_driver_podman::domain::task::{AllocId, TaskId};
use std::path::PathBuf;

/// A task with nothing special around its options.
pub fn task() -> TaskRequest {
    TaskRequest {
        id: TaskId::new("alloc-1/web/00000001"),
        meta: TaskMeta {
            task_name: "web".to_owned(),
            alloc_id: AllocId::new("alloc-1"),
            group_name: "g".to_owned(),
            job_name: "j".to_owned(),
            job_id: "j1".to_owned(),
            namespace: "default".to_owned(),
            node_name: "n".to_owned(),
            node_id: "n1".to_owned(),
        },
        config: Value::Null,
        env: [("A", "1")].into_iter().collect(),
        resources: Resources::default(),
        mounts: vec![],
        devices: vec![],
        user: None,
        dirs: TaskDirs {
            alloc: PathBuf::from("/nowhere/alloc-1"),
            task_name: "web".to_owned(),
            stdout: PathBuf::from("/dev/null"),
            stderr: PathBuf::from("/dev/null"),
        },
        network: None,
        dns: None,
    }
}
