//! The kernel's view of a container: its processes, its control group, its log file.
//!
//! Needs no Podman service and costs it nothing. Must not live here: anything of a Podman wire.
//!
//! | module | tells |
//! | --- | --- |
//! | [`pidfd`] | that a process has ended, or ends one, never mistaking a recycled pid |
//! | [`process`] | whether a pid belongs to a container |
//! | [`ending`] | ends a program inside a container with what it has started |
//! | [`hierarchy`], [`cgroup`] | where a container's control group is |
//! | [`counters`] | CPU and memory counters of a control group |
//! | [`host`] | what this machine has |
//! | [`oom`] | whether the OOM killer took a process of a control group |
//! | [`exit_file`] | the exit code that conmon left |
//! | [`logfile`] | what conmon appends to a container's log file, within bounds |
//! | [`inotify`] | that a file may have changed |
//! | [`tail`] | the last words of it |
//! | [`console`] | conmon's socket, which takes a program's standard input |

mod backlog;
pub mod cgroup;
pub mod console;
pub mod counters;
pub mod ending;
pub mod exit_file;
pub mod hierarchy;
mod holes;
pub mod host;
pub mod inotify;
pub mod logfile;
pub mod logopen;
pub mod oom;
pub mod pidfd;
pub mod process;
mod readable;
pub mod tail;
