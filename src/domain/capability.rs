//! What the driver promises its host.

/// How a task's file system is kept apart from the host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FsIsolation {
    /// The task sees an image; the driver mounts the allocation's directories into it.
    Image,
}

/// Who may own the network namespace of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkIsolation {
    /// The host's own namespace.
    Host,
    /// One namespace for the task group, made by the host.
    Group,
    /// One namespace per task, made by the runtime.
    Task,
    /// A namespace without a network.
    None,
}

/// The promises, in the words of Nomad's driver capabilities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// `nomad alloc signal` works.
    pub send_signals: bool,
    /// `nomad alloc exec` works.
    pub exec: bool,
    /// See [`FsIsolation`].
    pub fs_isolation: FsIsolation,
    /// Every mode that a task may ask for.
    pub network_isolation: &'static [NetworkIsolation],
    /// Host and CSI volumes are mounted.
    pub mounts: bool,
}

/// The driver's capabilities. They do not depend on configuration: hosts ask before and after it.
pub const CAPABILITIES: Capabilities = Capabilities {
    send_signals: true,
    exec: true,
    fs_isolation: FsIsolation::Image,
    network_isolation: &[
        NetworkIsolation::Host,
        NetworkIsolation::Group,
        NetworkIsolation::Task,
        NetworkIsolation::None,
    ],
    mounts: true,
};
