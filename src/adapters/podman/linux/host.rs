//! What the kernel of this machine has, for services that do not tell.

use std::fs;
use std::path::Path;

/// 2 where control groups of version 2 hold the controllers, else 1. `root` is `/` but for tests, here and below.
pub fn cgroup_version(root: &Path) -> u8 {
    if root.join("sys/fs/cgroup/cgroup.controllers").exists() { 2 } else { 1 }
}

/// Whether SELinux is on.
pub fn has_selinux(root: &Path) -> bool {
    root.join("sys/fs/selinux/enforce").exists()
}

/// Whether AppArmor is on.
pub fn has_apparmor(root: &Path) -> bool {
    let enabled = fs::read_to_string(root.join("sys/module/apparmor/parameters/enabled"));
    enabled.is_ok_and(|text| text.trim() == "Y")
}

/// Whether system calls can be filtered.
pub fn has_seccomp(root: &Path) -> bool {
    let status = fs::read_to_string(root.join("proc/self/status"));
    status.is_ok_and(|text| text.lines().any(|line| line.starts_with("Seccomp:")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_tell() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let told = || {
            let root = root.path();
            (cgroup_version(root), has_selinux(root), has_apparmor(root), has_seccomp(root))
        };
        assert_eq!(told(), (1, false, false, false));
        write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
        write("sys/fs/selinux/enforce", "1");
        write("sys/module/apparmor/parameters/enabled", "Y\n");
        write("proc/self/status", "Name:\tx\nSeccomp:\t0\n");
        assert_eq!(told(), (2, true, true, true));
    }
}
