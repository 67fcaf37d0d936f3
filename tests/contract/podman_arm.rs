//! Real Podman through its REST interface; the instance is described by the environment, see
//! `tests/support/README.md`.

use crate::arm::{Arm, Deed, Need};
use crate::sh;
use async_trait::async_trait;
use nomad_driver_podman::adapters::memory::Program;
use nomad_driver_podman::adapters::podman::rest::RestRuntime;
use nomad_driver_podman::adapters::system::SystemClock;
use nomad_driver_podman::domain::image::ImageRef;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::ports::{Clock, ContainerRuntime};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// See the module.
pub struct PodmanArm {
    socket: PathBuf,
}

impl PodmanArm {
    /// The arm of `NDP_PODMAN_SOCKET`.
    pub fn of(socket: &str) -> Self {
        Self { socket: PathBuf::from(socket.trim_start_matches("unix://")) }
    }
}

#[async_trait]
impl Arm for PodmanArm {
    fn name(&self) -> String {
        variable("NDP_PODMAN_ARM")
    }

    fn runtime(&self) -> Arc<dyn ContainerRuntime> {
        Arc::new(RestRuntime::new(self.socket.clone(), self.clock()))
    }

    fn blind_runtime(&self) -> Arc<dyn ContainerRuntime> {
        Arc::new(RestRuntime::with_root(self.socket.clone(), self.clock(), Path::new("/nowhere")))
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn image(&self) -> ImageRef {
        ImageRef::parse(&variable("NDP_PODMAN_IMAGE")).unwrap()
    }

    async fn bring_image(&self, name: &str) {
        let scratch = cli(&["create", "--network", "none", self.image().as_str()]).await;
        cli(&["commit", "--quiet", "--change", &format!("LABEL mark={name}"), &scratch, name]).await;
        cli(&["rm", &scratch]).await;
    }

    async fn save_image(&self, name: &str, archive: &Path) {
        // Podman writes to no file that is there already, and a rootless one into no directory of ours but this.
        cli(&["save", "--quiet", "--output", archive.to_str().unwrap(), name]).await;
    }

    fn command(&self, program: &Program) -> Vec<String> {
        sh::command(program)
    }

    fn lacks(&self, need: Need) -> Option<String> {
        let limited = self.is_rootless() && !Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
        match need {
            Need::Limits | Need::KernelLimits | Need::Stats | Need::Cgroup if limited => {
                Some("rootless Podman has none on cgroup v1".to_owned())
            }
            Need::Bridge | Need::KernelBridge | Need::Sockets if self.is_rootless() => {
                Some("rootless Podman has no network that the host reaches by address".to_owned())
            }
            _ => None,
        }
    }

    async fn human(&self, deed: Deed, id: &ContainerId) {
        let words: &[&str] = match deed {
            Deed::Pause => &["pause"],
            Deed::Unpause => &["unpause"],
            Deed::Remove => &["rm", "--force", "--time", "0"],
        };
        cli(&[words, &[id.as_str()]].concat()).await;
    }

    async fn remove_volume(&self, name: &str) {
        cli(&["volume", "rm", name]).await;
    }

    fn work(&self) -> PathBuf {
        PathBuf::from(variable("NDP_PODMAN_WORK"))
    }

    fn owner(&self) -> Option<(u32, u32)> {
        let owner = variable("NDP_PODMAN_OWNER");
        let (user, group) = owner.split_once(':').unwrap();
        Some((user.parse().unwrap(), group.parse().unwrap()))
    }

    fn is_rootless(&self) -> bool {
        self.name() == "rootless"
    }
}

/// What the podman command line prints.
async fn cli(words: &[&str]) -> String {
    let run = tokio::process::Command::new(variable("NDP_PODMAN_CLI")).args(words).output().await.unwrap();
    assert!(run.status.success(), "podman {words:?}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap().trim().to_owned()
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; source the env file of podman.sh"))
}
