//! A runtime under test, and what a case may ask of it besides the port.

use crate::podman_arm::PodmanArm;
use async_trait::async_trait;
use nomad_driver_podman::adapters::memory::Program;
use nomad_driver_podman::domain::image::ImageRef;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::ports::{Clock, ContainerRuntime};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What not every arm has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Resource limits.
    Limits,
    /// Counters of resource usage.
    Stats,
    /// A cgroup of its own for each container: to freeze it, and to tell its processes from others.
    Cgroup,
    /// A bridge network and published ports.
    Bridge,
    /// Sockets that the test itself can reach.
    Sockets,
    /// An init program.
    Init,
    /// A kernel that keeps a container to its options, and a shell to see it with.
    Kernel,
    /// As `Kernel`, with resource limits.
    KernelLimits,
    /// As `Kernel`, with a bridge network.
    KernelBridge,
}

/// What a person does to a container, beside the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Pause,
    Unpause,
    Remove,
}

/// See the module.
#[async_trait]
pub trait Arm: Send + Sync {
    /// `memory`, or which Podman.
    fn name(&self) -> String;

    fn runtime(&self) -> Arc<dyn ContainerRuntime>;

    /// The same runtime, from where none of its processes can be seen.
    fn blind_runtime(&self) -> Arc<dyn ContainerRuntime>;

    fn clock(&self) -> Arc<dyn Clock>;

    /// An image that is there.
    fn image(&self) -> ImageRef;

    /// Brings an image of this name by other means than the port, different from every other one.
    async fn bring_image(&self, name: &str);

    /// Writes an image as an archive, by other means than the port.
    async fn save_image(&self, name: &str, archive: &Path);

    /// The command line that runs `program` there; arguments are appended to it.
    fn command(&self, program: &Program) -> Vec<String>;

    /// Why the arm does not have it; `None` if it has.
    fn lacks(&self, need: Need) -> Option<String>;

    /// Why the runtime can never pass the case; the checked-in list of it is beside the arm.
    fn cannot(&self, _case: &str) -> Option<&'static str> {
        None
    }

    /// Whether it refuses this option of a job, for a case that tries many of them at once.
    fn refuses(&self, _option: &str) -> bool {
        false
    }

    /// Does the deed by other means than the port.
    async fn human(&self, deed: Deed, id: &ContainerId);

    /// Removes a named volume, which no call of the port does: they outlive their containers. An arm without named
    /// volumes has none to remove.
    async fn remove_volume(&self, _name: &str) {}

    /// What the adapter asked that it may not ask, whatever came of it. A real Podman overlooks it.
    fn complaints(&self) -> Vec<String> {
        vec![]
    }

    /// A directory of the host whose children can be bound.
    fn work(&self) -> PathBuf;

    /// Owner of such directories, if not the one who runs the tests.
    fn owner(&self) -> Option<(u32, u32)>;

    /// What `probe` must say.
    fn is_rootless(&self) -> bool;
}

/// The Podman arm, or why there is none.
pub fn podman() -> Result<Arc<dyn Arm>, String> {
    let socket = std::env::var("NDP_PODMAN_SOCKET").map_err(|_| "NDP_PODMAN_SOCKET is not set".to_owned())?;
    Ok(Arc::new(PodmanArm::of(&socket)))
}
