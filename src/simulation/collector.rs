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
    /// Bytes that were taken though their writer could not note it: they may come once more.
    doubtful: Mutex<BTreeMap<(TaskId, bool), Vec<u8>>>,
}

impl Collector {
    /// Takes bytes of a task.
    pub fn take(&self, task: &TaskId, stream: Stream, bytes: &[u8]) {
        let key = (task.clone(), stream == Stream::Stdout);
        let repeated = match locked(&self.doubtful).get_mut(&key) {
            Some(doubtful) => take_repeated(doubtful, bytes),
            None => 0,
        };
        locked(&self.got).entry(key).or_default().extend_from_slice(&bytes[repeated..]);
    }

    /// Takes bytes whose writer is killed before it can note that.
    pub fn take_unnoted(&self, task: &TaskId, stream: Stream, bytes: &[u8]) {
        self.take(task, stream, bytes);
        locked(&self.doubtful).insert((task.clone(), stream == Stream::Stdout), bytes.to_vec());
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

    /// Containers of whose output something is noted.
    pub fn marked(&self) -> Vec<ContainerId> {
        locked(&self.marks).keys().cloned().collect()
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

/// How many of `bytes` are `doubtful` ones once more, which are so no longer. What goes on elsewhere repeats nothing.
fn take_repeated(doubtful: &mut Vec<u8>, bytes: &[u8]) -> usize {
    let count = doubtful.len().min(bytes.len());
    if doubtful[..count] == bytes[..count] {
        doubtful.drain(..count);
        return count;
    }
    doubtful.clear();
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_write_that_was_not_noted_may_be_repeated_in_any_pieces_and_no_other() {
        let (collector, task) = (Collector::default(), TaskId::new("a/web/1"));
        let take = |bytes: &[u8]| collector.take(&task, Stream::Stdout, bytes);
        let got = || String::from_utf8(collector.of(&task, Stream::Stdout).unwrap()).unwrap();
        take(b"ab");
        collector.take_unnoted(&task, Stream::Stdout, b"cde");
        take(b"cd");
        take(b"ef");
        assert_eq!(got(), "abcdef");
        take(b"f");
        assert_eq!(got(), "abcdeff", "torn, and told so");
        collector.take_unnoted(&task, Stream::Stdout, b"gh");
        take(b"ij");
        assert_eq!(got(), "abcdeffghij", "nothing had to be repeated");
    }
}
