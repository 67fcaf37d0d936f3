//! What a case works with: plugins, tasks, and a look at what is left in the end.

use crate::agent::Agent;
use crate::arm::Arm;
use crate::harness::soon;
use crate::task::Task;
use rustix::process::{Pid, Signal};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;
use tempfile::TempDir;

/// Between two looks at what cannot be awaited.
const GLANCE: Duration = Duration::from_millis(10);

/// How the podman command line lists containers.
const FORMAT: &str = "{{.ID}} {{.Names}} {{.Labels}}";

/// See the module.
pub struct Lab {
    pub arm: Arm,
    agents: RefCell<Vec<Rc<Agent>>>,
    /// Of all tasks.
    fifos: RefCell<Vec<PathBuf>>,
    /// Their both ends, held open while the lab is cleaned up.
    held: RefCell<Vec<File>>,
    /// Allocation directories.
    work: TempDir,
    /// Sockets; short, because a socket's path must be.
    run: TempDir,
    mark: String,
    tasks: Cell<u32>,
}

impl Lab {
    pub fn new(arm: Arm, _case: &str) -> Self {
        let work = TempDir::with_prefix_in("alloc-", &arm.work).unwrap();
        let run = TempDir::with_prefix("wire-").unwrap();
        let mark = format!("{:08x}", rand());
        let (agents, fifos, held) = (RefCell::default(), RefCell::default(), RefCell::default());
        Self { arm, agents, fifos, held, work, run, mark, tasks: Cell::new(0) }
    }

    /// A directory for sockets and the like.
    pub fn dir(&self) -> &Path {
        self.run.path()
    }

    /// What plugins of this case keep over their own death.
    pub fn state(&self) -> PathBuf {
        self.run.path().join("state")
    }

    /// The process that holds the pipes of this case open, if there is one.
    pub fn keeper(&self) -> Option<Pid> {
        let told = fs::read_to_string(self.state().join("keeper-1.lock")).ok()?;
        let pid = told.parse().ok().and_then(Pid::from_raw)?;
        let name = fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
        name.contains(&*self.state().to_string_lossy()).then_some(pid)
    }

    /// Waits until it holds so many pipes.
    pub async fn holding(&self, pipes: usize) -> Pid {
        let holding = async {
            loop {
                match self.keeper() {
                    Some(keeper) if pipes_of(keeper) == pipes => return keeper,
                    _ => tokio::time::sleep(GLANCE).await,
                }
            }
        };
        soon("pipes to be held", holding).await
    }

    /// Waits until the plugin itself has so many pipes open.
    pub async fn writing(&self, plugin: &Agent, pipes: usize) {
        let pid = Pid::from_raw(plugin.process.pid.cast_signed()).unwrap();
        let writing = async {
            while pipes_of(pid) != pipes {
                tokio::time::sleep(GLANCE).await;
            }
        };
        soon("pipes to be open in the plugin", writing).await;
    }

    /// Waits until it has ended by itself.
    pub async fn keeper_gone(&self) {
        let gone = async {
            while self.keeper().is_some() {
                tokio::time::sleep(GLANCE).await;
            }
        };
        soon("the end of the log keeper", gone).await;
    }

    /// A plugin process that has said hello and nothing else.
    pub async fn launch(&self) -> Rc<Agent> {
        let agent = Rc::new(Agent::launch(&self.arm, &self.state()).await);
        self.agents.borrow_mut().push(agent.clone());
        agent
    }

    /// A plugin as the agent has it at work: configured, initialised, both streams open.
    pub async fn plugin(&self) -> Rc<Agent> {
        self.plugin_with(Value::Object(Default::default())).await
    }

    /// The same, with more in its config block.
    pub async fn plugin_with(&self, more: Value) -> Rc<Agent> {
        let mut config = self.arm.config.clone();
        for (name, value) in more.as_object().unwrap() {
            config[name] = value.clone();
        }
        let agent = self.launch().await;
        agent.set_up(&config).await;
        agent
    }

    /// Another driver's plugin on the same Podman, at work.
    pub async fn plugin_of(&self, binary: &Path, more: Value) -> Rc<Agent> {
        let mut arm = Arm::find(self.arm.name).unwrap();
        binary.clone_into(&mut arm.binary);
        let agent = Rc::new(Agent::launch(&arm, &self.state()).await);
        self.agents.borrow_mut().push(agent.clone());
        let mut config = arm.config.clone();
        for (name, value) in more.as_object().unwrap() {
            config[name] = value.clone();
        }
        agent.set_up(&config).await;
        agent
    }

    /// A task of an allocation of its own, with collectors that wait for a writer.
    pub fn task(&self, program: &str) -> Task {
        let mut task = self.task_without_collectors(program);
        task.collect();
        task
    }

    /// A task whose log nobody collects yet.
    pub fn task_without_collectors(&self, program: &str) -> Task {
        let task = Task::new(&self.arm, self.work.path(), &self.alloc_id(), program);
        let fifos = [&task.config.stdout_path, &task.config.stderr_path];
        self.fifos.borrow_mut().extend(fifos.map(PathBuf::from));
        task
    }

    /// A uuid by its looks.
    pub fn alloc_id(&self) -> String {
        self.tasks.set(self.tasks.get() + 1);
        format!("{}-0000-4000-8000-{:012x}", self.mark, self.tasks.get())
    }

    /// Ends every plugin as the agent does, after its tasks.
    pub async fn clean(&self) {
        self.hold_fifos();
        let agents = self.agents.take();
        for agent in &agents {
            agent.destroy_everything().await;
        }
        for agent in agents.iter().filter(|agent| agent.process.is_running()) {
            agent.assert_streams_open();
            lets_go_of_tasks(agent).await;
            agent.end().await;
        }
        for agent in &agents {
            agent.process.check_log();
        }
        self.end_keeper().await;
        *self.agents.borrow_mut() = agents;
    }

    /// The collectors of a test never go away, so a pipe whose task was left behind is held for good.
    pub async fn end_keeper(&self) {
        if let Some(keeper) = self.keeper() {
            // It may end by itself this very moment.
            let _ = rustix::process::kill_process(keeper, Signal::KILL);
        }
        self.keeper_gone().await;
    }

    /// Lets go of collectors that nobody ever wrote to, and of writers that nobody reads from: with one of those,
    /// a driver whose containers write to the FIFO themselves blocks all of Podman.
    fn hold_fifos(&self) {
        let open = |path: &PathBuf| File::options().read(true).write(true).open(path).ok();
        self.held.replace(self.fifos.borrow().iter().filter_map(open).collect());
    }

    /// Containers of this case, which are then removed.
    pub fn leftovers(&self) -> String {
        let all = self.arm.podman_says(&["ps", "--all", "--no-trunc", "--format", FORMAT]);
        let ours: Vec<&str> = all.lines().filter(|line| line.contains(&self.mark)).collect();
        for line in &ours {
            let id = line.split(' ').next().unwrap();
            self.arm.podman_says(&["rm", "--force", "--time", "0", id]);
        }
        ours.join("\n")
    }

    /// Ids of a task's containers, by whatever name or label has its allocation.
    pub fn containers_of(&self, task: &Task) -> Vec<String> {
        let all = self.arm.podman_says(&["ps", "--all", "--no-trunc", "--format", FORMAT]);
        let ours = all.lines().filter(|line| line.contains(&task.config.alloc_id));
        ours.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    }

    /// Cleans up where no plugin is left to do it.
    pub fn remove_containers_of(&self, task: &Task) {
        for id in self.containers_of(task) {
            self.arm.podman_says(&["rm", "--force", "--time", "0", &id]);
        }
    }

    pub fn logs(&self) -> String {
        self.agents.borrow().iter().map(|agent| agent.process.stderr.text()).collect()
    }
}

/// Differs from process to process and from call to call.
fn rand() -> u32 {
    let mut bytes = [0; 4];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).unwrap();
    u32::from_ne_bytes(bytes)
}

/// Log pipes that a process has open.
fn pipes_of(process: Pid) -> usize {
    let fds = fs::read_dir(format!("/proc/{process}/fd")).ok();
    let targets = fds.into_iter().flatten().filter_map(|fd| fs::read_link(fd.ok()?.path()).ok());
    targets.filter(|target| target.extension().is_some_and(|kind| kind == "fifo")).count()
}

/// Waits until a plugin has nothing of its tasks open any more: they are all destroyed.
async fn lets_go_of_tasks(agent: &Agent) {
    let pid = agent.process.pid;
    let of_tasks = |target: &PathBuf| {
        let is_log = target.file_name().is_some_and(|name| name == "ctr.log");
        is_log
            || target.extension().is_some_and(|kind| kind == "fifo")
            || target.starts_with("/sys/fs/cgroup")
    };
    let gone = async {
        loop {
            let fds = fs::read_dir(format!("/proc/{pid}/fd")).ok();
            let targets = fds.into_iter().flatten().filter_map(|fd| fs::read_link(fd.ok()?.path()).ok());
            if !targets.into_iter().any(|target| of_tasks(&target)) {
                return;
            }
            tokio::time::sleep(GLANCE).await;
        }
    };
    soon("files of destroyed tasks to be closed", gone).await;
}

/// Waits for a file, which a task writes.
pub async fn exists(path: &Path) {
    let there = async {
        while !path.exists() {
            tokio::time::sleep(GLANCE).await;
        }
    };
    soon("a file of the task", there).await;
}
