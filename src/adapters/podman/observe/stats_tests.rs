//! Where counters are found, and what is kept open, on trees of files.

use super::*;
use crate::adapters::podman::observe::tests::{machine, seen};
use std::fs;

const ID: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

#[test]
fn a_process_out_of_sight_is_replaced_by_the_path_that_is_told() {
    let (root, group) = machine(&format!("/m.slice/libpod-{ID}.scope"));
    let machine = Hierarchies::below(root.path());
    let mut seen = seen(ID, ContainerState::Running);
    seen.facts.pid = Some(7);
    assert_eq!(cgroup(&machine, &seen), None);
    seen.cgroup_path = format!("/m.slice/libpod-{ID}.scope");
    assert_eq!(cgroup(&machine, &seen), Some(Cgroup::V2(group.clone())));
    seen.facts.pid = None;
    assert_eq!(cgroup(&machine, &seen), Some(Cgroup::V2(group)));
}

#[test]
fn a_bounded_number_of_groups_stays_open_and_the_others_are_read_all_the_same() {
    let (_root, group) = machine("/libpod-x");
    let (groups, at) = (Groups::default(), Timestamp::from_unix_nanos(1));
    let id = |n: usize| ContainerId::new(format!("c{n}"));
    for n in 0..=OPEN_MAX {
        groups.first(&id(n), Cgroup::V2(group.clone()), at).unwrap();
    }
    let open = groups.lock().values().filter(|group| matches!(***group, Group::Open(_))).count();
    assert_eq!(open, OPEN_MAX);
    let last = groups.get(&id(OPEN_MAX)).unwrap();
    assert_eq!(last.read(at).unwrap().memory.usage, Some(5));
    fs::remove_dir_all(&group).unwrap();
    assert!(last.read(at).is_err(), "a group that is gone is no sample");
    groups.forget(&id(0));
    assert!(groups.get(&id(0)).is_none());
}
