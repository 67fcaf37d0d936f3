//! What the task may do to the host and to others.

use super::row;
use crate::domain::config::grammar::{capability, namespace, security, userns};
use crate::domain::config::row::{Default, Kind, OptionRow, parses};

/// The rows.
pub const ROWS: &[OptionRow] = &[
    row(
        "privileged",
        Kind::Bool,
        "privileged = true",
        "All capabilities, all devices and no confinement: root in the container is root of the node, unless \
         Podman is rootless. Also leaves out SELinux mount labels.",
    )
    .default(Default::Bool(false))
    .since("0.4.0"),
    row("readonly_rootfs", Kind::Bool, "readonly_rootfs = true", "Nothing outside mounts can be changed, /tmp and /run included, from Podman 5 on /dev/shm as well; see tmpfs.")
        .default(Default::Bool(false))
        .since("0.4.0"),
    row("cap_add", Kind::TextList, r#"cap_add = ["NET_ADMIN"]"#, "Capabilities beyond Podman's default set.")
        .since("0.1.0")
        .checked("capability names, or ALL", |value| parses(value, capability::parse), r#"cap_add = ["net-admin"]"#),
    row("cap_drop", Kind::TextList, r#"cap_drop = ["ALL"]"#, "Capabilities to take away.")
        .since("0.1.0")
        .checked("capability names, or ALL", |value| parses(value, capability::parse), r#"cap_drop = ["2"]"#),
    row(
        "selinux_opts",
        Kind::TextList,
        r#"selinux_opts = ["type:svirt_apache_t"]"#,
        "SELinux label of the processes: disable, user:, role:, type:, level:, filetype:.",
    )
    .since("0.4.1"),
    row(
        "security_opt",
        Kind::TextList,
        r#"security_opt = ["no-new-privileges", "seccomp=/etc/strict.json"]"#,
        "no-new-privileges, label=, apparmor=, seccomp=, proc-opts=, mask=, unmask=, systempaths=unconfined, as \
         podman run --security-opt takes them.",
    )
    .since("0.6.2")
    .checked("one of the keys", |value| parses(value, security::parse), r#"security_opt = ["selinux=off"]"#),
    row(
        "apparmor_profile",
        Kind::Text,
        r#"apparmor_profile = "strict""#,
        "AppArmor profile, unconfined for none. An apparmor= of security_opt wins.",
    )
    .since("0.4.1"),
    row(
        "userns",
        Kind::Text,
        r#"userns = "auto:size=65536""#,
        "User namespace: auto[:size=,uidmapping=,gidmapping=], host, keep-id[:uid=,gid=], nomap or ns:PATH.",
    )
    .since("0.4.2")
    .docker("userns_mode")
    .checked("one of the modes", |value| parses(value, userns::parse), r#"userns = "private""#),
    row("group_add", Kind::TextList, r#"group_add = ["audio"]"#, "More groups of the command's user.").ours(),
    row(
        "ipc_mode",
        Kind::Text,
        r#"ipc_mode = "shareable""#,
        "IPC namespace: private, host, shareable, none, container:ID, task:NAME or ns:PATH.",
    )
    .since("0.6.5")
    .checked(namespace::IPC, |value| parses(value, namespace::ipc), r#"ipc_mode = "public""#),
    row(
        "pid_mode",
        Kind::Text,
        r#"pid_mode = "task:main""#,
        "Process namespace: private, host, container:ID, task:NAME or ns:PATH.",
    )
    .ours()
    .checked(namespace::PID, |value| parses(value, namespace::pid), r#"pid_mode = "shareable""#),
    row("uts_mode", Kind::Text, r#"uts_mode = "host""#, "Namespace of the host name: private, host or ns:PATH.")
        .ours()
        .checked(namespace::OWN_OR_HOST, |value| parses(value, namespace::own_or_host), r#"uts_mode = "none""#),
    row("cgroupns", Kind::Text, r#"cgroupns = "private""#, "Cgroup namespace: private, host or ns:PATH.")
        .ours()
        .checked(namespace::OWN_OR_HOST, |value| parses(value, namespace::own_or_host), r#"cgroupns = "none""#),
];
