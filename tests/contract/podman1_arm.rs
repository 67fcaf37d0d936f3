//! A real Podman 1, as root: `PODMAN_V1_SOCKET` names its varlink socket and `PODMAN_V1_IMAGE` an image of it with
//! busybox in it.

use crate::arm::{Arm, Deed, Need};
use crate::{podman1_list, sh};
use async_trait::async_trait;
use nomad_driver_podman::adapters::memory::Program;
use nomad_driver_podman::adapters::podman::varlink::VarlinkRuntime;
use nomad_driver_podman::adapters::system::SystemClock;
use nomad_driver_podman::domain::image::ImageRef;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::ports::{Clock, ContainerRuntime};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// See the module.
pub struct Podman1Arm {
    socket: PathBuf,
}

impl Podman1Arm {
    /// The arm of the environment, or why there is none.
    pub fn of_environment() -> Result<Self, String> {
        let socket =
            std::env::var("PODMAN_V1_SOCKET").map_err(|_| "PODMAN_V1_SOCKET is not set".to_owned())?;
        let path = socket.trim_start_matches("varlink:").trim_start_matches("unix:");
        Ok(Self { socket: PathBuf::from(path) })
    }

    /// A call by somebody else; its last reply.
    fn call(&self, method: &str, parameters: Value, more: bool) -> Value {
        let mut stream = UnixStream::connect(&self.socket).unwrap();
        let request =
            json!({ "method": format!("io.podman.{method}"), "parameters": parameters, "more": more });
        stream.write_all(format!("{request}\0").as_bytes()).unwrap();
        let mut replies = BufReader::new(stream);
        loop {
            let mut message = Vec::new();
            replies.read_until(0, &mut message).unwrap();
            assert_eq!(message.pop(), Some(0), "{method}: no reply");
            let reply: Value = serde_json::from_slice(&message).unwrap();
            assert_eq!(reply["error"], Value::Null, "{method}: {reply}");
            if reply["continues"] != json!(true) {
                return reply["parameters"].clone();
            }
        }
    }
}

#[async_trait]
impl Arm for Podman1Arm {
    fn name(&self) -> String {
        "podman1".to_owned()
    }

    fn runtime(&self) -> Arc<dyn ContainerRuntime> {
        Arc::new(VarlinkRuntime::new(self.socket.clone(), self.clock()))
    }

    fn blind_runtime(&self) -> Arc<dyn ContainerRuntime> {
        Arc::new(VarlinkRuntime::with_root(self.socket.clone(), self.clock(), Path::new("/nowhere")))
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn image(&self) -> ImageRef {
        let name = std::env::var("PODMAN_V1_IMAGE").unwrap_or_else(|_| "localhost/busybox:latest".to_owned());
        ImageRef::parse(&name).unwrap()
    }

    async fn bring_image(&self, name: &str) {
        let scratch = json!({ "args": [self.image().as_str()], "network": "none", "pull": "never" });
        let scratch = self.call("CreateContainer", json!({ "create": scratch }), false);
        let commit = json!({
            "name": scratch["container"], "image_name": name, "changes": [format!("LABEL mark={name}")],
            "author": "", "message": "", "pause": false, "manifestType": "oci",
        });
        self.call("Commit", commit, true);
        let remove = json!({ "name": scratch["container"], "force": true, "removeVolumes": true });
        self.call("RemoveContainer", remove, false);
    }

    async fn save_image(&self, name: &str, archive: &Path) {
        let options = json!({
            "name": name, "format": "docker-archive", "output": archive, "outputType": "", "moreTags": [],
            "quiet": true, "compress": false,
        });
        let saved = self.call("ImageSave", json!({ "options": options }), true);
        // To be fetched from where the service has put it.
        let there = PathBuf::from(saved["reply"]["id"].as_str().unwrap());
        std::fs::copy(&there, archive).unwrap();
        std::fs::remove_file(&there).unwrap();
    }

    fn command(&self, program: &Program) -> Vec<String> {
        sh::command(program)
    }

    fn lacks(&self, _: Need) -> Option<String> {
        None
    }

    fn cannot(&self, case: &str) -> Option<&'static str> {
        podman1_list::cannot(case)
    }

    fn refuses(&self, option: &str) -> bool {
        podman1_list::REFUSED.contains(&option)
    }

    async fn human(&self, deed: Deed, id: &ContainerId) {
        let name = json!({ "name": id.as_str() });
        match deed {
            Deed::Pause => self.call("PauseContainer", name, false),
            Deed::Unpause => self.call("UnpauseContainer", name, false),
            Deed::Remove => {
                let remove = json!({ "name": id.as_str(), "force": true, "removeVolumes": true });
                self.call("RemoveContainer", remove, false)
            }
        };
    }

    async fn remove_volume(&self, name: &str) {
        let options = json!({ "volumes": [name], "all": false, "force": false });
        self.call("VolumeRemove", json!({ "options": options }), false);
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
