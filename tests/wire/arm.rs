//! A plugin under test: which binary, on which runtime, and how a task's program is written there.

use crate::sh;
use nomad_driver_podman::adapters::memory::{Program, program};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Another driver's binary, to check the suite itself against.
const OTHER_DRIVER: &str = "DRIVER_BIN";

/// How long the podman command line may take.
const CLI_SECONDS: &str = "30";

/// See the module.
pub struct Arm {
    /// `memory`, `podman` or `alone`.
    pub name: &'static str,
    pub binary: PathBuf,
    pub args: &'static [&'static str],
    /// What the plugin is configured with unless a case has other wishes.
    pub config: Value,
    /// An image that is there.
    pub image: String,
    /// A directory of the host whose children can be bound.
    pub work: PathBuf,
    /// Owner of such directories, if not the one who runs the tests.
    pub owner: Option<(u32, u32)>,
    /// The podman command line of the instance.
    cli: Option<PathBuf>,
}

impl Arm {
    /// The arm of this name, or why it is not there.
    pub fn find(name: &str) -> Result<Self, String> {
        match name {
            "memory" => Self::memory(),
            "podman" => Self::podman(),
            _ => Ok(Self::on("alone", &[], json!({}))),
        }
    }

    fn on(name: &'static str, args: &'static [&'static str], config: Value) -> Self {
        let binary = std::env::var_os(OTHER_DRIVER)
            .map_or(env!("CARGO_BIN_EXE_nomad-driver-podman").into(), Into::into);
        let image = "docker.io/library/busybox:latest".to_owned();
        Self { name, binary, args, config, image, work: std::env::temp_dir(), owner: None, cli: None }
    }

    fn memory() -> Result<Self, String> {
        match std::env::var_os(OTHER_DRIVER) {
            Some(_) => Err(format!("{OTHER_DRIVER} is another driver")),
            None => Ok(Self::on("memory", &["--runtime=memory"], json!({}))),
        }
    }

    /// The instance that the environment describes, see `tests/support/README.md`.
    fn podman() -> Result<Self, String> {
        let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
        let socket = variable("NDP_PODMAN_SOCKET")?;
        let owner = variable("NDP_PODMAN_OWNER")?;
        let (user, group) = owner.split_once(':').ok_or("NDP_PODMAN_OWNER is not uid:gid")?;
        let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is no id"));
        Ok(Self {
            image: variable("NDP_PODMAN_IMAGE")?,
            work: variable("NDP_PODMAN_WORK")?.into(),
            owner: Some((number(user)?, number(group)?)),
            cli: Some(variable("NDP_PODMAN_CLI")?.into()),
            ..Self::on("podman", &[], json!({ "socket_path": socket }))
        })
    }

    /// Whether counters can be had: rootless Podman has no control groups on cgroup v1. Said aloud if not.
    pub fn has_stats(&self) -> bool {
        let rootless = std::env::var("NDP_PODMAN_ARM").is_ok_and(|arm| arm == "rootless");
        let v2 = Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
        let has = self.name != "podman" || !rootless || v2;
        if !has {
            println!("SKIPPED samples: rootless Podman has none on cgroup v1");
        }
        has
    }

    /// The command line that runs `program`, in the words of [`program::Program`].
    pub fn command(&self, program: &str) -> Vec<String> {
        let parsed: Program = program.parse().unwrap();
        match self.name {
            "memory" => vec![program::PROGRAM.to_owned(), program.to_owned()],
            _ => sh::command(&parsed),
        }
    }

    /// The podman command line, which may fail; `None` where there is no Podman.
    pub fn podman_tries(&self, words: &[&str]) -> Option<Output> {
        let cli = self.cli.as_ref()?;
        // It waits for locks that a stuck container may hold for ever.
        Some(Command::new("timeout").arg(CLI_SECONDS).arg(cli).args(words).output().unwrap())
    }

    /// What the podman command line prints.
    pub fn podman_says(&self, words: &[&str]) -> String {
        let Some(output) = self.podman_tries(words) else { return String::new() };
        assert!(output.status.success(), "podman {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}
