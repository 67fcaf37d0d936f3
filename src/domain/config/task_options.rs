//! The task options, one row each.
//!
//! Sources: Nomad's page "Drivers: podman" (2020) for the meaning, the Go driver's releases for `since`.

use super::row::{Default, Kind, OptionRow};
use super::{memory, network_mode, tmpfs, volume};

const fn row(name: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> OptionRow {
    OptionRow::new(name, kind, example, doc)
}

/// What may stand in the `config` block of a task.
pub static TASK_OPTIONS: &[OptionRow] = &[
    row("image", Kind::Text, r#"image = "docker://redis:3.2""#, "The image to run, with or without docker://.")
        .default(Default::Required)
        .checked("a container image reference", crate::domain::image::check),
    row("command", Kind::Text, r#"command = "sleep""#, "The command to run instead of the image's own."),
    row(
        "args",
        Kind::TextList,
        r#"args = ["-c", "60"]"#,
        "Arguments to the command; without one they are passed to the image's entrypoint.",
    ),
    row("entrypoint", Kind::TextList, r#"entrypoint = ["/bin/sh", "-c"]"#, "Replaces the image's entrypoint.")
        .since("0.1.0"),
    row(
        "working_dir",
        Kind::Text,
        r#"working_dir = "/srv""#,
        "Directory the command starts in; the image's own when unset.",
    )
    .since("0.1.0"),
    row(
        "volumes",
        Kind::TextList,
        r#"volumes = ["/some/host/data:/container/data:ro"]"#,
        "Host paths to bind into the container. Relative ones are meant from the task directory.",
    )
    .checked("host_path:container_path[:options]", volume::check),
    row(
        "tmpfs",
        Kind::TextList,
        r#"tmpfs = ["/var:size=64m"]"#,
        "Paths in the container to mount a tmpfs on, with the options of podman run --tmpfs.",
    )
    .since("0.0.3")
    .checked("/container_path[:options]", tmpfs::check),
    row(
        "hostname",
        Kind::Text,
        r#"hostname = "web""#,
        "The container's host name. With count above one, every container of the task has the same.",
    ),
    row("init", Kind::Bool, "init = true", "Runs an init that forwards signals and reaps processes.")
        .default(Default::Bool(false))
        .since("0.0.2"),
    row(
        "init_path",
        Kind::Text,
        r#"init_path = "/usr/libexec/podman/catatonit""#,
        "The init to run, a path on the host; Podman's own choice when unset.",
    )
    .since("0.0.2"),
    row(
        "memory_reservation",
        Kind::Text,
        r#"memory_reservation = "100m""#,
        "Soft limit, enforced when the host runs short of memory. The same as the hard limit when unset.",
    )
    .since("0.0.2")
    .checked("a number with unit b, k, m or g; none means bytes", memory::check_size),
    row(
        "memory_swap",
        Kind::Text,
        r#"memory_swap = "180m""#,
        "Limit of memory plus swap, above the memory limit; -1 for no limit. No swap when unset.",
    )
    .since("0.0.2")
    .checked("a number with unit b, k, m or g; none means bytes; or -1", memory::check_size_or_unlimited),
    row(
        "memory_swappiness",
        Kind::Number,
        "memory_swappiness = 60",
        "How readily the kernel swaps the task out. Only on cgroup v1 hosts; the host's own setting when unset.",
    )
    .since("0.0.2")
    .checked("0 to 100", memory::check_swappiness),
    row(
        "network_mode",
        Kind::Text,
        r#"network_mode = "bridge""#,
        "The network namespace: bridge, host, none, slirp4netns, pasta, container:ID, task:NAME or ns:PATH. \
         Ignored when the group has a network namespace. Rootful Podman defaults to bridge.",
    )
    .since("0.1.0")
    .checked("one of the modes", network_mode::check),
    row(
        "ports",
        Kind::TextList,
        r#"ports = ["db"]"#,
        "Labels of the group's ports to publish, each over tcp and udp.",
    )
    .since("0.2.0"),
    row(
        "port_map",
        Kind::NumberMap,
        "port_map { db = 6379 }",
        "Container port of each task-level network port; the older way, use ports instead.",
    ),
];
