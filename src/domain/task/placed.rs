//! What is kept of a task that has its container.

use super::identity::{AllocId, TaskId};
use super::request::{TaskDirs, TaskRequest};

/// What is still needed of a task that has its container. The rest would stay in memory for as long as the task runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedTask {
    /// This start of the task.
    pub id: TaskId,
    /// Its allocation.
    pub alloc_id: AllocId,
    /// Directories and log FIFOs on the host.
    pub dirs: TaskDirs,
}

impl From<&TaskRequest> for PlacedTask {
    fn from(task: &TaskRequest) -> Self {
        Self { id: task.id.clone(), alloc_id: task.meta.alloc_id.clone(), dirs: task.dirs.clone() }
    }
}

/// What a task is called, whatever else is known of it.
#[derive(Debug, Clone, Copy)]
pub struct TaskNames<'a> {
    /// This start of the task.
    pub id: &'a TaskId,
    /// Its allocation.
    pub alloc_id: &'a AllocId,
    /// Its name in the job.
    pub task_name: &'a str,
}

impl<'a> From<&'a TaskRequest> for TaskNames<'a> {
    fn from(task: &'a TaskRequest) -> Self {
        Self { id: &task.id, alloc_id: &task.meta.alloc_id, task_name: &task.meta.task_name }
    }
}

impl<'a> From<&'a PlacedTask> for TaskNames<'a> {
    fn from(task: &'a PlacedTask) -> Self {
        Self { id: &task.id, alloc_id: &task.alloc_id, task_name: &task.dirs.task_name }
    }
}
