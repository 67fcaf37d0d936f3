//! Podman 1 without a machine: the varlink service of 1.9.3 over the in-memory runtime, on a real socket, and the arm
//! that the adapter is held to the contract with.
//!
//! Replies, errors and quirks are those of a real 1.9.3. It is stricter than that one: a method, a field, a type or a
//! flag that it does not know is an error, so that the adapter cannot get by with what Podman overlooks, and it is on
//! record ([`Arm::complaints`]), so that it does not get by where nobody heeds the error. Its containers have
//! no processes, so the adapter asks the service where it would ask the kernel; their logs are files, as conmon's.

mod conmon;
mod create;
mod events;
mod exec;
mod images;
mod inspect;
mod log;
mod methods;
mod service;

pub use service::Double;
use service::Spoilt;

use crate::arm::{Arm, Deed, Need};
use crate::podman1_list;
use async_trait::async_trait;
use nomad_driver_podman::adapters::memory::{MemoryRuntime, Program, program};
use nomad_driver_podman::adapters::podman::varlink::VarlinkRuntime;
use nomad_driver_podman::adapters::system::SystemClock;
use nomad_driver_podman::domain::image::ImageRef;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::ports::{Clock, ContainerRuntime, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

const IMAGE: &str = "localhost/contract:latest";

/// See the module.
pub struct VarlinkArm {
    memory: Arc<MemoryRuntime>,
    double: Arc<Double>,
    dir: TempDir,
}

impl VarlinkArm {
    /// Needs a tokio runtime around it, whose time is not paused: a socket is real.
    pub fn new() -> Self {
        let memory = MemoryRuntime::new(Arc::new(SystemClock)).with_image(IMAGE);
        let reason = "image name provided is a short name and no search registries are defined";
        memory.fail_pulls(crate::images::UNKNOWN, ErrorKind::Rejected, reason);
        let (memory, dir) = (Arc::new(memory), TempDir::new().unwrap());
        let double = Double::start(&dir.path().join("io.podman"), dir.path(), Arc::clone(&memory));
        Self { memory, double, dir }
    }

    /// The next reply to this method does not arrive, though it was carried out.
    pub fn loses_the_reply_to(&self, method: &'static str) {
        *self.double.spoiling.lock().unwrap() = Some((method, Spoilt::Lost));
    }

    /// The next reply to this method is one to another call, though it was carried out.
    pub fn garbles_the_reply_to(&self, method: &'static str) {
        *self.double.spoiling.lock().unwrap() = Some((method, Spoilt::Garbled));
    }

    /// Name and password of those who pulled.
    pub fn accounts(&self) -> Vec<(String, String)> {
        self.double.accounts.lock().unwrap().clone()
    }

    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("io.podman")
    }
}

#[async_trait]
impl Arm for VarlinkArm {
    fn name(&self) -> String {
        "varlink".to_owned()
    }

    fn runtime(&self) -> Arc<dyn ContainerRuntime> {
        Arc::new(VarlinkRuntime::new(self.socket(), self.clock()))
    }

    /// Its containers have no processes that could be seen, but files.
    fn blind_runtime(&self) -> Arc<dyn ContainerRuntime> {
        Arc::new(VarlinkRuntime::with_root(self.socket(), self.clock(), Path::new("/nowhere")))
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn image(&self) -> ImageRef {
        ImageRef::parse(IMAGE).unwrap()
    }

    async fn bring_image(&self, name: &str) {
        self.memory.add_image(name);
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
            Need::Kernel | Need::KernelLimits | Need::KernelBridge => Some("it has no kernel".to_owned()),
            Need::Limits | Need::Stats | Need::Cgroup | Need::Bridge | Need::Init => None,
        }
    }

    fn cannot(&self, case: &str) -> Option<&'static str> {
        podman1_list::cannot(case).or_else(|| podman1_list::needs_processes(case))
    }

    fn refuses(&self, option: &str) -> bool {
        podman1_list::REFUSED.contains(&option)
    }

    async fn human(&self, deed: Deed, id: &ContainerId) {
        match deed {
            Deed::Pause => self.memory.pause(id).unwrap(),
            Deed::Unpause => self.memory.unpause(id).unwrap(),
            Deed::Remove => drop(self.memory.remove(id).await.unwrap()),
        }
    }

    fn complaints(&self) -> Vec<String> {
        self.double.complaints.all()
    }

    fn work(&self) -> PathBuf {
        std::env::temp_dir()
    }

    fn owner(&self) -> Option<(u32, u32)> {
        None
    }

    fn is_rootless(&self) -> bool {
        rustix::process::geteuid().as_raw() != 0
    }
}
