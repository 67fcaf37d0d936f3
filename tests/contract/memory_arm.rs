//! The in-memory runtime on virtual time.

use crate::arm::{Arm, Deed, Need};
use async_trait::async_trait;
use nomad_driver_podman::adapters::memory::{MemoryRuntime, Program, program};
use nomad_driver_podman::domain::image::ImageRef;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::domain::time::Timestamp;
use nomad_driver_podman::ports::{Clock, ContainerRuntime, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const IMAGE: &str = "localhost/contract:latest";

/// See the module.
pub struct MemoryArm {
    runtime: Arc<MemoryRuntime>,
    clock: Arc<dyn Clock>,
}

impl MemoryArm {
    /// Needs a tokio runtime with paused time around it.
    pub fn new() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(VirtualClock::new());
        let runtime = MemoryRuntime::new(Arc::clone(&clock)).with_image(IMAGE);
        // What Podman says of a short name when no registries are configured.
        let reason =
            "short-name did not resolve to an alias and no unqualified-search registries are defined";
        runtime.fail_pulls(crate::images::UNKNOWN, ErrorKind::Rejected, reason);
        Self { runtime: Arc::new(runtime), clock }
    }
}

#[async_trait]
impl Arm for MemoryArm {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn runtime(&self) -> Arc<dyn ContainerRuntime> {
        Arc::<MemoryRuntime>::clone(&self.runtime)
    }

    fn blind_runtime(&self) -> Arc<dyn ContainerRuntime> {
        self.runtime()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    fn image(&self) -> ImageRef {
        ImageRef::parse(IMAGE).unwrap()
    }

    async fn bring_image(&self, name: &str) {
        self.runtime.add_image(name);
    }

    /// Nobody looks into it.
    async fn save_image(&self, _: &str, archive: &Path) {
        std::fs::write(archive, "").unwrap();
    }

    fn command(&self, program: &Program) -> Vec<String> {
        vec![program::PROGRAM.to_owned(), program.to_string()]
    }

    fn lacks(&self, need: Need) -> Option<String> {
        match need {
            Need::Sockets => Some("its containers are not on any network".to_owned()),
            Need::Kernel | Need::KernelLimits | Need::KernelBridge => {
                Some("it has no kernel; it warns of each such option".to_owned())
            }
            Need::Limits | Need::Stats | Need::Cgroup | Need::Bridge | Need::Init => None,
        }
    }

    async fn human(&self, deed: Deed, id: &ContainerId) {
        match deed {
            Deed::Pause => self.runtime.pause(id).unwrap(),
            Deed::Unpause => self.runtime.unpause(id).unwrap(),
            Deed::Remove => drop(self.runtime.remove(id).await.unwrap()),
        }
    }

    fn work(&self) -> PathBuf {
        std::env::temp_dir()
    }

    fn owner(&self) -> Option<(u32, u32)> {
        None
    }

    fn is_rootless(&self) -> bool {
        false
    }
}

/// The paused clock of tokio, begun at a fixed moment: every run is the same.
struct VirtualClock {
    begin: tokio::time::Instant,
    entropy: AtomicU64,
}

impl VirtualClock {
    fn new() -> Self {
        Self { begin: tokio::time::Instant::now(), entropy: AtomicU64::new(1) }
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        let nanos = i64::try_from(self.begin.elapsed().as_nanos()).unwrap();
        Timestamp::from_unix_nanos(1_600_000_000_000_000_000 + nanos)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn entropy(&self) -> u64 {
        self.entropy.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
    }
}
