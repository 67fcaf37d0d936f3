//! What the host asks to run.

use super::identity::{AllocId, TaskId};
use crate::domain::config::Value;
use crate::domain::secret::Env;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything the host says about one task. After an agent restart `config` is empty: recovery must not read
/// it (Nomad plugin protocol, trap 7).
#[derive(Clone, PartialEq)]
pub struct TaskRequest {
    /// This start of the task.
    pub id: TaskId,
    /// Where it belongs.
    pub meta: TaskMeta,
    /// The undecoded `config` block.
    pub config: Value,
    /// The complete environment, device variables included.
    pub env: Env,
    /// Limits and ports.
    pub resources: Resources,
    /// Host volumes, CSI volumes and mounts of device plugins.
    pub mounts: Vec<HostMount>,
    /// Devices of device plugins.
    pub devices: Vec<HostDevice>,
    /// User inside the container; `None` for the image's own.
    pub user: Option<String>,
    /// Directories and log FIFOs on the host.
    pub dirs: TaskDirs,
    /// Namespace that the host made for the group.
    pub network: Option<NetworkNamespace>,
    /// Name resolution; `None` for the runtime's own.
    pub dns: Option<Dns>,
}

// Its configuration may hold a password.
impl fmt::Debug for TaskRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskRequest").field("id", &self.id).field("meta", &self.meta).finish_non_exhaustive()
    }
}

/// Names around a task. Empty where the host is too old to say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is what it says, in Nomad's words")]
pub struct TaskMeta {
    pub task_name: String,
    pub alloc_id: AllocId,
    pub group_name: String,
    pub job_name: String,
    pub job_id: String,
    pub namespace: String,
    pub node_name: String,
    pub node_id: String,
}

impl TaskMeta {
    /// With no more names than every host tells.
    pub fn named(task_name: String, alloc_id: AllocId) -> Self {
        let none = String::new;
        let (group_name, job_name, job_id, namespace) = (none(), none(), none(), none());
        let (node_name, node_id) = (none(), none());
        Self { task_name, alloc_id, group_name, job_name, job_id, namespace, node_name, node_id }
    }
}

/// Host paths of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskDirs {
    /// Root of the allocation: `<data_dir>/alloc/<alloc id>`.
    pub alloc: Arc<Path>,
    /// Name of the task's directory below it.
    pub task_name: String,
    /// FIFO or file for standard output; `/dev/null` if logs are off.
    pub stdout: Arc<Path>,
    /// FIFO or file for standard error.
    pub stderr: Arc<Path>,
}

impl TaskDirs {
    /// `alloc`, shared by the tasks of the allocation.
    pub fn shared(&self) -> PathBuf {
        self.alloc.join("alloc")
    }

    /// The task's own directory.
    pub fn task(&self) -> PathBuf {
        self.alloc.join(&self.task_name)
    }

    /// `local` of the task.
    pub fn local(&self) -> PathBuf {
        self.task().join("local")
    }

    /// `secrets` of the task.
    pub fn secrets(&self) -> PathBuf {
        self.task().join("secrets")
    }
}

/// What a task may use.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resources {
    /// CPU shares, from `resources { cpu }` in MHz.
    pub cpu_shares: u64,
    /// Part of all CPU time of the node, 0 to 1.
    pub cpu_share_of_node: f64,
    /// Reserved cores as a cpuset list; empty for any.
    pub cpuset: String,
    /// `resources { memory }` in MiB.
    pub memory_mb: u64,
    /// `resources { memory_max }`.
    pub memory_max: MemoryMax,
    /// Ports of the group network.
    pub ports: Vec<Port>,
    /// Networks of the task itself, the older way.
    pub networks: Vec<TaskNetwork>,
}

/// `memory_max` of a task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MemoryMax {
    /// Not given: `memory` is the hard limit.
    #[default]
    Unset,
    /// Hard limit in MiB; `memory` becomes the soft one.
    Megabytes(u64),
    /// `-1`: no hard limit.
    Unlimited,
}

/// A port of the group network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its label in the job.
    pub label: String,
    /// On the host.
    pub host: u16,
    /// In the container; `None` for the same number.
    pub container: Option<u16>,
    /// Host address to listen on; empty for all.
    pub host_ip: String,
}

/// A network of the task, the older way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskNetwork {
    /// Host address.
    pub ip: String,
    /// Label and host port.
    pub ports: Vec<(String, u16)>,
}

/// A host path that the host wants in the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostMount {
    /// Path in the container.
    pub task_path: String,
    /// Path on the host.
    pub host_path: String,
    /// No writes.
    pub read_only: bool,
    /// `private`, `host-to-task`, `bidirectional` or empty.
    pub propagation: String,
    /// SELinux label option; empty for the plugin's.
    pub selinux_label: String,
}

/// A device that the host wants in the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostDevice {
    /// Path in the container.
    pub task_path: String,
    /// Path on the host.
    pub host_path: String,
    /// Subset of `rwm`.
    pub permissions: String,
}

/// A network namespace made by the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkNamespace {
    /// Where it is mounted: `/var/run/netns/<alloc id>`.
    pub path: String,
    /// Extra lines for `/etc/hosts`, address to name.
    pub hosts: BTreeMap<String, String>,
}

/// Name resolution of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the three lists of resolv.conf")]
pub struct Dns {
    pub servers: Vec<String>,
    pub searches: Vec<String>,
    pub options: Vec<String>,
}
