//! The host's collector: what it got of each task's output, and how far the driver says it has come.

use super::locked;
use crate::domain::delivery::LogMark;
use crate::domain::log::Stream;
use crate::domain::task::TaskId;
use crate::domain::task::identity::ContainerId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// See the module.
#[derive(Debug, Default)]
pub struct Collector {
    got: Mutex<BTreeMap<(TaskId, bool), Vec<u8>>>,
    marks: Mutex<BTreeMap<ContainerId, LogMark>>,
    restarted: Mutex<BTreeSet<TaskId>>,
    short: Mutex<BTreeSet<TaskId>>,
}

impl Collector {
    /// Takes bytes of a task.
    pub fn take(&self, task: &TaskId, stream: Stream, bytes: &[u8]) {
        let mut got = locked(&self.got);
        got.entry((task.clone(), stream == Stream::Stdout)).or_default().extend_from_slice(bytes);
    }

    /// What it got of a task; `None` if more than one container wrote it.
    pub fn of(&self, task: &TaskId, stream: Stream) -> Option<Vec<u8>> {
        if locked(&self.restarted).contains(task) {
            return None;
        }
        Some(locked(&self.got).get(&(task.clone(), stream == Stream::Stdout)).cloned().unwrap_or_default())
    }

    /// A task is started under the same id once more.
    pub fn restarted(&self, task: &TaskId) {
        locked(&self.restarted).insert(task.clone());
    }

    /// The driver has told that some output of a task is lost.
    pub fn told_of_loss(&self, task: &TaskId) {
        locked(&self.short).insert(task.clone());
    }

    /// Whether it has.
    pub fn may_be_short(&self, task: &TaskId) -> bool {
        locked(&self.short).contains(task)
    }

    /// The machine restarts: what it kept in memory is gone.
    pub fn reboot(&self) {
        locked(&self.marks).clear();
    }

    /// What was noted of a container's output.
    pub fn mark(&self, container: &ContainerId) -> Option<LogMark> {
        locked(&self.marks).get(container).copied()
    }

    /// Notes it; `None` forgets.
    pub fn set_mark(&self, container: &ContainerId, mark: Option<LogMark>) {
        let mut marks = locked(&self.marks);
        match mark {
            Some(mark) => marks.insert(container.clone(), mark),
            None => marks.remove(container),
        };
    }
}
