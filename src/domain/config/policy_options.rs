//! The policy options of the plugin: what jobs may ask for, node-wide and per Nomad namespace.

use super::grammar::capability;
use super::row::{Default, Kind, OptionRow, concat, one_of, parses};
use super::value::Value;

/// Values of `allow_host_namespaces`.
pub const HOST_NAMESPACES: &[&str] = &["network", "pid", "ipc", "uts", "user", "cgroup"];

const fn row(name: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> OptionRow {
    OptionRow::new(name, kind, example, doc).ours()
}

/// The rules. Each may stand in the plugin's config and in a `policy` block.
pub const RULES: &[OptionRow] = &[
    row(
        "allow_privileged",
        Kind::Bool,
        "allow_privileged = false",
        "Whether tasks may be privileged. Allowed when unset.",
    ),
    row(
        "allow_caps",
        Kind::TextList,
        r#"allow_caps = ["NET_BIND_SERVICE", "CHOWN"]"#,
        "Capabilities that tasks may add; ALL for every one. Every one when unset.",
    )
    .checked("capability names, or ALL", |value| parses(value, capability::parse), r#"allow_caps = ["net-admin"]"#),
    row(
        "allow_host_namespaces",
        Kind::TextList,
        r#"allow_host_namespaces = ["network"]"#,
        "Namespaces of the host, of containers that are not of the task's allocation, and by path, that tasks may \
         join. All when unset.",
    )
    .checked(
        "network, pid, ipc, uts, user or cgroup",
        |value| one_of(value, HOST_NAMESPACES),
        r#"allow_host_namespaces = ["net"]"#,
    ),
    row(
        "allow_devices",
        Kind::TextList,
        r#"allow_devices = ["/dev/fuse", "nvidia.com/gpu=*"]"#,
        "Host paths and CDI names that the devices option may name; * stands for anything. All when unset. Devices \
         of Nomad's device plugins are not asked about.",
    ),
    row(
        "allow_runtimes",
        Kind::TextList,
        r#"allow_runtimes = ["crun"]"#,
        "OCI runtimes that tasks may choose. All that Podman knows when unset.",
    )
    .docker("allow_runtimes"),
    row(
        "allow_sockets",
        Kind::TextList,
        r#"allow_sockets = ["rootless"]"#,
        "Sockets of the plugin, by name, that tasks may run on. All when unset.",
    ),
    row(
        "allow_registries",
        Kind::TextList,
        r#"allow_registries = ["registry.internal:5000", "quay.io/team/*", "archive"]"#,
        "Registries, or patterns of whole image names, that images may come from; archive for files. Short names \
         are refused then, because they do not say where from. All when unset.",
    ),
    row(
        "allow_host_paths",
        Kind::TextList,
        r#"allow_host_paths = ["/srv/data"]"#,
        "Directories outside the allocation that tasks may bind from, load images from, name in a volume's options, as \
         a seccomp profile or as init_path; symlinks are followed before the check. All when unset, as far as \
         volumes.enabled lets them.",
    )
    .checked("absolute paths", check_path, r#"allow_host_paths = ["data"]"#),
    row(
        "allow_volumes",
        Kind::TextList,
        r#"allow_volumes = ["team-*"]"#,
        "Volumes of Podman that tasks may mount, by name; * stands for anything. Volumes without a name are new and \
         nobody else's. All when unset.",
    ),
    row(
        "allow_secrets",
        Kind::TextList,
        r#"allow_secrets = ["team-*"]"#,
        "Secrets of Podman that tasks may read, by name; * stands for anything. All when unset.",
    ),
    row(
        "allow_annotations",
        Kind::TextList,
        r#"allow_annotations = ["org.example.*"]"#,
        "Annotations that tasks may set, by name; * stands for anything. OCI runtimes and hooks take some for orders. \
         All when unset.",
    ),
    row(
        "allow_unconfined",
        Kind::Bool,
        "allow_unconfined = false",
        "Whether tasks may choose how they are confined: no seccomp, AppArmor or SELinux, hidden paths, a SELinux label, \
         a seccomp profile that is not below allow_host_paths, and annotations that begin with run.oci., io.podman. or \
         org.systemd. Allowed when unset.",
    ),
];

const NAMESPACE: &[OptionRow] = &[row(
    "namespace",
    Kind::Text,
    r#"namespace = "dev-*""#,
    "The Nomad namespaces that the block is for; * stands for anything.",
)
.default(Default::Required)];

static POLICY_ROWS: [OptionRow; NAMESPACE.len() + RULES.len()] = concat(&[NAMESPACE, RULES]);

/// The `policy` option.
pub const POLICY: &[OptionRow] = &[row(
    "policy",
    Kind::BlockList(&POLICY_ROWS),
    "policy {\n  namespace        = \"dev\"\n  allow_privileged = true\n}",
    "Rules for tasks of some Nomad namespaces. The first block that fits counts; what it leaves out is as said \
     for the whole node.",
)];

fn check_path(value: &Value) -> Result<(), String> {
    match value {
        Value::Text(text) if !text.starts_with('/') => Err(format!("{text:?} must start with /")),
        _ => Ok(()),
    }
}
