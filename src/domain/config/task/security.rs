//! What the task may do to the host and to others.

use super::Task;
use crate::domain::config::grammar::capability;
use crate::domain::config::grammar::namespace::{self, NamespaceOption};
use crate::domain::config::grammar::security::{self, SecurityOption};
use crate::domain::config::grammar::userns::{self, UserNamespace};

/// The options of `task_options::security`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the option of the same name, documented in its row")]
pub struct SecurityOptions {
    pub privileged: bool,
    pub readonly_rootfs: bool,
    pub cap_add: Vec<String>,
    pub cap_drop: Vec<String>,
    pub selinux_opts: Vec<String>,
    pub security_opt: Vec<SecurityOption>,
    pub apparmor_profile: Option<String>,
    pub userns: Option<UserNamespace>,
    pub group_add: Vec<String>,
    pub ipc_mode: Option<NamespaceOption>,
    pub pid_mode: Option<NamespaceOption>,
    pub uts_mode: Option<NamespaceOption>,
    pub cgroupns: Option<NamespaceOption>,
}

/// Reads the topic.
pub fn read(task: Task<'_>) -> SecurityOptions {
    SecurityOptions {
        privileged: task.flag("privileged"),
        readonly_rootfs: task.flag("readonly_rootfs"),
        cap_add: task.parsed_list("cap_add", capability::parse),
        cap_drop: task.parsed_list("cap_drop", capability::parse),
        selinux_opts: task.texts("selinux_opts"),
        security_opt: task.parsed_list("security_opt", security::parse),
        apparmor_profile: task.filled("apparmor_profile"),
        userns: task.parsed("userns", userns::parse),
        group_add: task.texts("group_add"),
        ipc_mode: task.parsed("ipc_mode", namespace::ipc),
        pid_mode: task.parsed("pid_mode", namespace::pid),
        uts_mode: task.parsed("uts_mode", namespace::own_or_host),
        cgroupns: task.parsed("cgroupns", namespace::own_or_host),
    }
}
