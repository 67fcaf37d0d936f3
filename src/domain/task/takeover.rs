//! Whose a container is that the Go driver started: it has no labels of ours, and those that an operator may have
//! asked for are no proof, since a job can forge them.

use super::TaskRequest;
use super::identity::ContainerName;
use crate::domain::container::ContainerFacts;

/// Whether a container without our labels is this very task's, as the Go driver (0.1 to 0.6) makes it: it has the
/// task's name, and the task's own directories, which no other allocation has, are bound into it.
pub fn is_of_task(facts: &ContainerFacts, task: &TaskRequest) -> bool {
    let named = facts.name == ContainerName::of_task(&task.meta.task_name, &task.meta.alloc_id);
    let has =
        |dir: std::path::PathBuf| facts.binds.iter().any(|bind| dir.as_os_str() == bind.source.as_str());
    named && has(task.dirs.shared()) && has(task.dirs.local()) && has(task.dirs.secrets())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::container::facts::{Bind, ContainerState};
    use crate::domain::container::translate_tests::task;
    use crate::domain::task::identity::ContainerId;

    fn left_by_go_driver() -> ContainerFacts {
        let dirs = task().dirs;
        let bind = |path: std::path::PathBuf, target: &str| Bind {
            source: path.to_str().unwrap().to_owned(),
            target: target.to_owned(),
        };
        ContainerFacts {
            id: ContainerId::new("c1"),
            name: ContainerName::of_task(&task().meta.task_name, &task().meta.alloc_id),
            state: ContainerState::Running,
            pid: None,
            started_at: None,
            finished_at: None,
            exit_code: None,
            oom_killed: false,
            memory_at_end: None,
            labels: Default::default(),
            image: None,
            binds: vec![
                bind(dirs.shared(), "/alloc"),
                bind(dirs.local(), "/local"),
                bind(dirs.secrets(), "/secrets"),
            ],
            ip: None,
            stop_signal: None,
        }
    }

    #[test]
    fn name_and_directories_together_are_proof() {
        assert!(is_of_task(&left_by_go_driver(), &task()));
    }

    #[test]
    fn a_name_alone_is_not_nor_are_directories_without_it() {
        let found = left_by_go_driver();
        assert!(!is_of_task(&ContainerFacts { binds: vec![], ..found.clone() }, &task()));
        assert!(!is_of_task(
            &ContainerFacts { name: ContainerName::new("web-other"), ..found.clone() },
            &task()
        ));
        for missing in 0..3 {
            let mut found = found.clone();
            found.binds.remove(missing);
            assert!(!is_of_task(&found, &task()));
        }
    }
}
