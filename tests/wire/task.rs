//! A task as the agent prepares it: its directories, its log FIFOs with a collector at each, its TaskConfig.

use crate::arm::Arm;
use crate::gather::Gather;
use nomad_driver_podman::adapters::nomad::proto::driver;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{create_dir_all, set_permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

/// What must never be seen outside the task: part of its environment and of its arguments.
pub const CANARY: &str = "canary-6f1d9a";

const MEMORY_MB: i64 = 64;

/// See the module.
pub struct Task {
    pub config: driver::TaskConfig,
    /// The `config` block.
    pub options: Value,
    /// The collectors; none before [`Task::collect`].
    pub stdout: Gather,
    pub stderr: Gather,
    dir: PathBuf,
}

impl Task {
    /// A task in a fresh allocation below `dir`, with nobody at the FIFOs.
    pub fn new(arm: &Arm, dir: &Path, alloc_id: &str, program: &str) -> Self {
        let (alloc, name) = (dir.join(alloc_id), "web");
        make_dirs(arm, &alloc, name);
        let fifo = |stream: &str| make_fifo(&alloc.join("alloc/logs").join(format!(".{name}.{stream}.fifo")));
        let config = driver::TaskConfig {
            id: format!("{alloc_id}/{name}/0a1b2c3d"),
            name: name.to_owned(),
            env: environment(name),
            resources: Some(resources()),
            stdout_path: fifo("stdout"),
            stderr_path: fifo("stderr"),
            task_group_name: "group".to_owned(),
            job_name: "job".to_owned(),
            job_id: "job".to_owned(),
            alloc_id: alloc_id.to_owned(),
            namespace: "default".to_owned(),
            node_name: "node".to_owned(),
            node_id: "e8d6f5b1-0000-0000-0000-000000000000".to_owned(),
            alloc_dir: alloc.to_string_lossy().into_owned(),
            ..Default::default()
        };
        let command = arm.command(program);
        let mut args = command[1..].to_vec();
        args.push(CANARY.to_owned());
        let options =
            json!({ "image": arm.image, "command": command[0], "args": args, "network_mode": "none" });
        let nobody = || Gather::new(|| Ok(std::io::empty()));
        Self { config, options, stdout: nobody(), stderr: nobody(), dir: alloc.join(name) }
    }

    /// Adds to the `config` block.
    pub fn with(mut self, options: Value) -> Self {
        for (name, value) in options.as_object().unwrap() {
            self.options[name] = value.clone();
        }
        self
    }

    /// Puts a collector at each FIFO.
    pub fn collect(&mut self) {
        self.stdout = Gather::fifo(self.config.stdout_path.clone().into());
        self.stderr = Gather::fifo(self.config.stderr_path.clone().into());
    }

    pub fn id(&self) -> &str {
        &self.config.id
    }

    /// A file of the task's `local` directory.
    pub fn local(&self, name: &str) -> PathBuf {
        self.dir.join("local").join(name)
    }
}

fn make_dirs(arm: &Arm, alloc: &Path, task: &str) {
    for inner in ["alloc/data", "alloc/logs", "alloc/tmp"] {
        create_dir_all(alloc.join(inner)).unwrap();
    }
    for inner in ["local", "secrets", "private", "tmp"] {
        create_dir_all(alloc.join(task).join(inner)).unwrap();
    }
    for inner in ["alloc", "alloc/data", "alloc/logs", "alloc/tmp"]
        .map(str::to_owned)
        .into_iter()
        .chain(["local", "secrets", "tmp"].map(|inner| format!("{task}/{inner}")))
    {
        let path = alloc.join(inner);
        set_permissions(&path, std::fs::Permissions::from_mode(0o777)).unwrap();
        if let Some((user, group)) = arm.owner {
            chown(&path, Some(user), Some(group)).unwrap();
        }
    }
}

fn make_fifo(path: &Path) -> String {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    path.to_string_lossy().into_owned()
}

fn environment(task: &str) -> BTreeMap<String, String> {
    [
        ("NOMAD_ALLOC_DIR", "/alloc"),
        ("NOMAD_TASK_DIR", "/local"),
        ("NOMAD_SECRETS_DIR", "/secrets"),
        ("NOMAD_TASK_NAME", task),
        ("PASSWORD", CANARY),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn resources() -> driver::Resources {
    driver::Resources {
        allocated_resources: Some(driver::AllocatedTaskResources {
            cpu: Some(driver::AllocatedCpuResources { cpu_shares: 100 }),
            memory: Some(driver::AllocatedMemoryResources { memory_mb: MEMORY_MB, memory_max_mb: 0 }),
            networks: vec![],
        }),
        linux_resources: Some(driver::LinuxResources {
            cpu_shares: 100,
            memory_limit_bytes: MEMORY_MB << 20,
            percent_ticks: 0.025,
            ..Default::default()
        }),
        ports: vec![],
    }
}
