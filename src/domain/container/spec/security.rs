//! Privileges, confinement, namespaces.

use crate::domain::config::grammar::userns::UserNamespace;

/// Privileges and confinement; empty is the runtime's usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Security {
    /// Everything allowed.
    pub privileged: bool,
    /// The image's files cannot be changed.
    pub read_only: bool,
    /// Names in capitals without `CAP_`.
    pub cap_add: Vec<String>,
    /// As `cap_add`.
    pub cap_drop: Vec<String>,
    /// SELinux label options.
    pub selinux: Vec<String>,
    /// Labels can be changed inside.
    pub label_nested: bool,
    /// Profile, or `unconfined`.
    pub apparmor: Option<String>,
    /// Path of a profile on the host, or `unconfined`.
    pub seccomp: Option<String>,
    /// Mount options of `/proc`.
    pub proc_options: Vec<String>,
    /// Paths to hide.
    pub mask: Vec<String>,
    /// Paths to show again; `ALL` for every one.
    pub unmask: Vec<String>,
    /// No gain of privileges by set-user-id programs.
    pub no_new_privileges: bool,
    /// More groups of the user.
    pub groups: Vec<String>,
    /// Users inside and outside; `None` for the runtime's choice.
    pub user_namespace: Option<UserNamespace>,
    /// `None` for the runtime's choice.
    pub ipc: Option<Namespace>,
    /// `None` for the runtime's choice.
    pub pid: Option<Namespace>,
    /// `None` for the runtime's choice.
    pub uts: Option<Namespace>,
    /// `None` for the runtime's choice.
    pub cgroup: Option<Namespace>,
}

/// Whose namespace of a kind a container lives in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Namespace {
    /// One of its own.
    Private,
    /// The host's.
    Host,
    /// Its own, which others may join.
    Shareable,
    /// Its own, with nothing in it.
    None,
    /// Another container's, by name or id.
    Container(String),
    /// One by path.
    Path(String),
}
