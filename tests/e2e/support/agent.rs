//! A private agent: started, killed, started again, and taken away so that nothing of it stays.

use super::alloc::Alloc;
use super::config::{self, Ports};
use super::http::Server;
use super::job::Job;
use super::processes::{self, MARK, Process};
use super::setup::{PLUGIN, Setup, tell};
use super::{podman, wait};
use nomad_driver_podman::adapters::nomad::state_dir;
use rustix::process::Signal;
use serde_json::Value;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::time::Duration;

/// Lines of the agent's log that a failed test shows.
const TAIL: usize = 80;

/// The agent's program in its own directory.
const NOMAD: &str = "nomad";

/// How long jobs may take to stop at the end; what is left then is removed without them.
const GOODBYE: Duration = Duration::from_secs(15);

/// A running agent and its directory.
pub struct Agent {
    /// What it runs on.
    pub setup: Setup,
    /// Its API.
    pub api: Server,
    dir: PathBuf,
    ports: Ports,
    process: Mutex<Option<Child>>,
    allocs: Mutex<Vec<String>>,
}

impl Agent {
    /// An agent that can run tasks.
    pub fn start(setup: Setup, name: &str) -> Self {
        let socket = setup.socket.clone();
        let agent = Self::start_on(setup, name, &socket);
        agent.healthy();
        agent
    }

    /// An agent whose driver looks for Podman at `socket`.
    pub fn start_on(setup: Setup, name: &str, socket: &Path) -> Self {
        let ports = Ports::free();
        let dir = setup.work.join(format!("e2e-{name}-{}", ports.http));
        fs::create_dir_all(dir.join("plugins")).unwrap();
        place(Path::new(PLUGIN), &dir.join("plugins/nomad-driver-podman"));
        place(&setup.nomad, &dir.join(NOMAD));
        fs::write(dir.join("agent.hcl"), config::agent(&setup, &dir, ports, socket)).unwrap();
        let agent = Self {
            setup,
            api: Server::Loopback(ports.http),
            dir,
            ports,
            process: Mutex::new(None),
            allocs: Mutex::new(Vec::new()),
        };
        agent.launch();
        agent
    }

    /// Starts the process, also after [`Agent::kill`].
    pub fn launch(&self) {
        let log = OpenOptions::new().create(true).append(true).open(self.log_path()).unwrap();
        let mut command = self.setup.command(self.path(NOMAD));
        command.args(["agent", "-config"]).arg(self.dir.join("agent.hcl"));
        command.env(MARK, &self.dir).env("HOME", &self.dir).current_dir(&self.dir);
        command.env(state_dir::VARIABLE, self.dir.join("state"));
        command.stdin(Stdio::null()).stdout(File::try_clone(&log).unwrap()).stderr(log);
        *self.process.lock().unwrap() = Some(command.spawn().unwrap());
    }

    /// The node, once it is there.
    pub fn node(&self) -> Value {
        wait::until("node", || {
            let nodes = self.api.json("GET", "/v1/nodes", "")?;
            let id = nodes[0]["ID"].as_str().ok_or("no node yet")?;
            let node = self.api.json("GET", &format!("/v1/node/{id}"), "")?;
            if node["Status"] == "ready" { Ok(node) } else { Err(node["Status"].to_string()) }
        })
    }

    /// Waits until the driver says that it can run tasks.
    pub fn healthy(&self) -> Value {
        wait::until("healthy driver", || {
            let node = self.node();
            let driver = &node["Drivers"]["podman"];
            if driver["Healthy"] == true { Ok(node.clone()) } else { Err(driver.to_string()) }
        })
    }

    /// Registers a job and waits for its allocation.
    pub fn run(&self, job: &Job) -> Alloc<'_> {
        self.api.call("PUT", "/v1/jobs", &job.registration(&self.setup.image)).unwrap();
        let id = wait::until(&format!("allocation of {}", job.id), || {
            let allocs = self.api.json("GET", &format!("/v1/job/{}/allocations", job.id), "")?;
            allocs[0]["ID"].as_str().map(str::to_owned).ok_or_else(|| allocs.to_string())
        });
        self.allocs.lock().unwrap().push(id.clone());
        Alloc { agent: self, id, job: job.id.clone() }
    }

    /// A path below the agent's data directory, to be opened from here.
    pub fn data(&self, path: &str) -> PathBuf {
        self.setup.on_host(&self.dir.join("data").join(path))
    }

    /// A path in the agent's own directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The agent itself and all it has started: collectors of logs, the plugin.
    pub fn processes(&self) -> Vec<Process> {
        processes::of_agent(&self.dir)
    }

    /// The plugin's processes.
    pub fn plugins(&self) -> Vec<u32> {
        let plugin = |process: &Process| process.exe.ends_with("nomad-driver-podman");
        self.processes().into_iter().filter(plugin).map(|process| process.pid).collect()
    }

    /// SIGKILL to the agent's own process; its children live on.
    pub fn kill(&self) {
        self.end(Signal::KILL);
    }

    /// Ends the agent as a service manager would, and waits for it.
    pub fn stop(&self) {
        self.end(Signal::INT);
    }

    fn end(&self, signal: Signal) {
        if let Some(mut process) = self.process.lock().unwrap().take() {
            processes::signal(process.id(), signal);
            let ended = wait::within(GOODBYE, || match process.try_wait() {
                Ok(None) => Err("it runs".to_owned()),
                Ok(Some(_)) | Err(_) => Ok(()),
            });
            if ended.is_err() {
                processes::signal(process.id(), Signal::KILL);
                drop(process.wait());
            }
        }
    }

    /// SIGKILL to the agent and everything that it has started.
    pub fn kill_with_children(&self) {
        self.kill();
        processes::kill_all(&self.dir).unwrap();
    }

    /// The last lines of the agent's log.
    pub fn log_tail(&self) -> String {
        let log = fs::read(self.log_path()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(TAIL)..].join("\n")
    }

    fn log_path(&self) -> PathBuf {
        self.dir.join("agent.log")
    }

    /// Stops all jobs and waits for their containers to go.
    pub fn stop_jobs(&self) -> Result<(), String> {
        let jobs = self.api.json("GET", "/v1/jobs", "")?;
        for job in jobs.as_array().into_iter().flatten().filter_map(|job| job["ID"].as_str()) {
            self.api.call("DELETE", &format!("/v1/job/{job}?purge=true"), "")?;
        }
        wait::within(GOODBYE, || {
            for alloc in self.allocs.lock().unwrap().iter() {
                let left = podman::containers(&self.setup.podman(), alloc)?;
                if !left.is_empty() {
                    return Err(format!("containers are left: {left:?}"));
                }
            }
            Ok(())
        })
    }

    /// Everything that may be left, whatever state it is in; what cannot be done is told.
    fn clean_up(&mut self) -> Result<(), String> {
        self.end(Signal::KILL);
        processes::kill_all(&self.dir)?;
        for alloc in self.allocs.lock().unwrap().iter() {
            podman::remove(&self.setup.podman(), alloc)?;
        }
        self.unmount();
        self.remove_cgroups();
        fs::remove_dir_all(&self.dir).map_err(|error| format!("{}: {error}", self.dir.display()))
    }

    /// Nomad mounts a tmpfs for the secrets of each task, and leaves it when it is killed.
    fn unmount(&self) {
        let below = format!("{}/", self.dir.display());
        for mount in self.setup.mount_points().iter().rev().filter(|mount| mount.starts_with(&below)) {
            drop(self.setup.command("umount").arg(mount).status());
        }
    }

    /// On cgroup v1 hosts the agent makes groups that it does not remove.
    fn remove_cgroups(&self) {
        for controller in fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten() {
            remove_groups(&controller.path().join(self.ports.cgroup()));
        }
    }
}

/// Makes a program visible in the agent's directory: Podman may run in a root of its own that has no other.
fn place(program: &Path, at: &Path) {
    if fs::hard_link(program, at).is_err() {
        fs::copy(program, at).unwrap();
    }
}

fn remove_groups(group: &Path) {
    for child in fs::read_dir(group).into_iter().flatten().flatten() {
        if child.path().is_dir() {
            remove_groups(&child.path());
        }
    }
    // One that is not there, or in use by somebody else, stays.
    drop(fs::remove_dir(group));
}

impl Drop for Agent {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tell(&format!("--- agent of {}:\n{}\n---", self.dir.display(), self.log_tail()));
            drop(self.stop_jobs());
        }
        if let Err(left) = self.clean_up() {
            tell(&format!("e2e: something is left: {left}"));
        }
    }
}
