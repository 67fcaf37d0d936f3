//! Everything that a Podman has: compared before and after.

use crate::lab::Lab;
use std::path::Path;

/// Containers, volumes, networks and images, by name and id.
pub fn census(lab: &Lab) -> String {
    let kinds: [(&str, &[&str]); 4] = [
        ("container", &["ps", "--all", "--external", "--format", "{{.ID}} {{.Names}}"]),
        ("volume", &["volume", "ls", "--format", "{{.Name}}"]),
        ("network", &["network", "ls", "--format", "{{.Name}}"]),
        ("image", &["images", "--all", "--no-trunc", "--format", "{{.ID}} {{.Repository}}"]),
    ];
    let mut lines: Vec<String> = kinds
        .into_iter()
        .flat_map(|(kind, words)| {
            let said = lab.arm.podman_says(words);
            said.lines().map(|line| format!("{kind} {line}")).collect::<Vec<_>>()
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

/// Open files of a process that are neither sockets of idle connections nor threads' own.
pub fn open_files(pid: u32) -> Vec<String> {
    let fds = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().filter_map(Result::ok);
    let targets = fds.filter_map(|fd| std::fs::read_link(fd.path()).ok());
    let kept = |path: &Path| path.is_absolute() || path.to_string_lossy().contains("pidfd");
    targets.filter(|path| kept(path)).map(|path| path.to_string_lossy().into_owned()).collect()
}
