//! Trees of control groups of every kind.

use super::*;

fn find(root: &Path, groups: &str, mounts: &str, id: &str) -> Option<Cgroup> {
    let mounts = OnceLock::from(mounts.lines().filter_map(parse_mount).collect::<Vec<_>>());
    Hierarchies { root: root.to_owned(), mounts }.find(groups, id).unwrap()
}

const V1_MOUNTS: &str = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
                         35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
                         41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

#[test]
fn a_hybrid_tree_is_version_1() {
    let groups = "4:memory:/libpod_parent/libpod-ID\n2:cpu,cpuacct:/libpod_parent/libpod-ID\n\
                  0::/libpod_parent/libpod-ID\n";
    let group = find(Path::new("/"), groups, V1_MOUNTS, "ID").unwrap();
    let dir = |name| group.dir(name).unwrap().to_str().unwrap();
    assert_eq!(dir("memory"), "/sys/fs/cgroup/memory/libpod_parent/libpod-ID");
    assert_eq!(dir("cpuacct"), "/sys/fs/cgroup/cpu/libpod_parent/libpod-ID");
    assert_eq!(group.dir("pids"), None);
}

#[test]
fn version_2_stops_at_the_group_of_the_container() {
    let mounts = "30 24 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    let group = find(Path::new("/t"), "0::/a.slice/libpod-ID.scope/container\n", mounts, "ID");
    assert_eq!(group, Some(Cgroup::V2("/t/sys/fs/cgroup/a.slice/libpod-ID.scope".into())));
}

#[test]
fn a_path_that_is_told_is_believed_if_it_exists_and_carries_the_id() {
    let root = tempfile::tempdir().unwrap();
    let group = root.path().join("sys/fs/cgroup/m.slice/libpod-ID.scope");
    fs::create_dir_all(root.path().join("proc/self")).unwrap();
    fs::create_dir_all(&group).unwrap();
    let mounts = "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    fs::write(root.path().join("proc/self/mountinfo"), mounts).unwrap();
    let at = |path, id| Hierarchies::below(root.path()).at(path, id).ok();
    assert_eq!(at("/m.slice/libpod-ID.scope/container", "ID"), Some(Cgroup::V2(group)));
    for (path, id) in [("/m.slice/libpod-ID.scope", "OTHER"), ("/libpod-ID", "ID"), ("", "ID")] {
        assert_eq!(at(path, id), None, "{path} {id}");
    }
    let ended = |parent, id| Hierarchies::below(root.path()).of_ended(parent, id);
    assert_eq!(ended("m.slice", "ID"), at("/m.slice/libpod-ID.scope", "ID"));
    assert!(ended("m.slice", "ID").is_some());
    assert_eq!((ended("", "ID"), ended("m.slice", "OTHER")), (None, None));
}

#[test]
fn a_group_without_the_id_is_somebody_elses() {
    assert_eq!(find(Path::new("/"), "4:memory:/user.slice\n0::/user.slice\n", V1_MOUNTS, "ID"), None);
}

#[test]
fn a_mount_of_a_part_of_the_tree_is_relative_to_it() {
    let mounts = "30 24 0:26 /outer /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    let group = find(Path::new("/"), "0::/outer/libpod-ID\n", mounts, "ID");
    assert_eq!(group, Some(Cgroup::V2("/sys/fs/cgroup/libpod-ID".into())));
    assert_eq!(find(Path::new("/"), "0::/else/libpod-ID\n", mounts, "ID"), None);
}

#[test]
fn mounts_are_read_once_there_are_any_and_never_again() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("proc/self/mountinfo");
    fs::create_dir_all(root.path().join("proc/self")).unwrap();
    let machine = Hierarchies::below(root.path());
    assert!(machine.find("0::/libpod-ID\n", "ID").is_err());
    fs::write(&file, "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n").unwrap();
    assert!(machine.find("0::/libpod-ID\n", "ID").is_err());
    fs::write(&file, "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n").unwrap();
    assert!(machine.find("0::/libpod-ID\n", "ID").unwrap().is_some());
    fs::remove_file(&file).unwrap();
    assert!(machine.find("0::/libpod-ID\n", "ID").unwrap().is_some());
}
