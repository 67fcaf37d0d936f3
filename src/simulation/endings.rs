//! What a person was told of the ends of tasks: each end once, and before the host has its answer.

use super::locked;
use crate::domain::task::TaskId;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// Beginnings of the events that tell of an end; of one run each may come once.
const TERMINAL: &[(&str, &[&str])] =
    &[("out of memory", &["Killed by the kernel"]), ("early end", &["Exited with code", "Ended after"])];

/// See the module.
#[derive(Debug, Default)]
pub struct Endings {
    told: Mutex<BTreeSet<(TaskId, usize, &'static str)>>,
    answered: Mutex<BTreeSet<TaskId>>,
}

impl Endings {
    /// An event of a task whose container has ended `ends` times; what is wrong about it, if anything.
    pub fn event(&self, task: &TaskId, ends: usize, message: &str) -> Option<String> {
        let begins = |starts: &[&str]| starts.iter().any(|start| message.starts_with(start));
        let (kind, _) = TERMINAL.iter().find(|(_, starts)| begins(starts))?;
        if locked(&self.answered).contains(task) {
            return Some(format!("{kind} was told after WaitTask had answered"));
        }
        let is_first = locked(&self.told).insert((task.clone(), ends, kind));
        (!is_first).then(|| format!("{kind} was told twice of one end"))
    }

    /// WaitTask has told the host of the end.
    pub fn answered(&self, task: &TaskId) {
        locked(&self.answered).insert(task.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_once_and_before_the_answer() {
        let (endings, task) = (Endings::default(), TaskId::new("a/web/1"));
        let (oom, young) = ("Killed by the kernel: out of memory", "Exited with code 3 after 1 s");
        assert_eq!(endings.event(&task, 1, "Created container web"), None);
        assert_eq!(endings.event(&task, 1, oom), None);
        assert_eq!(endings.event(&task, 1, young), None);
        assert!(endings.event(&task, 1, oom).is_some());
        assert_eq!(endings.event(&task, 2, oom), None, "another run");
        assert_eq!(endings.event(&TaskId::new("b/web/1"), 1, oom), None, "another task");
        endings.answered(&task);
        assert!(endings.event(&task, 3, young).is_some());
    }
}
