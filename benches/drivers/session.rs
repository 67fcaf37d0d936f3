//! One driver at work for one measurement: its plugin, its tasks, and their end whatever happens.

use crate::agent::Agent;
use crate::arm::Arm;
use crate::board::Side;
use crate::lab::Lab;
use crate::machine::{self, Meter};
use crate::task::Task;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// Of what a plugin said, so many lines are told.
const LAST_LINES: usize = 3;

/// Processor time of both sides of the socket.
pub struct Meters {
    pub driver: Meter,
    pub podman: Meter,
}

/// See the module.
pub struct Session {
    pub lab: Lab,
    agent: RefCell<Option<Rc<Agent>>>,
    /// Both ends of log FIFOs of tasks that say nothing.
    held: RefCell<Vec<File>>,
}

impl Session {
    /// Nothing is started yet.
    /// `arm` is where tasks run: `podman`, `memory`, or `alone` for nowhere.
    pub fn new(side: &Side, arm: &str) -> Result<Self, String> {
        let mut arm = Arm::find(arm)?;
        arm.binary.clone_from(&side.binary);
        let lab = Lab::new(arm, "bench");
        Ok(Self { lab, agent: RefCell::default(), held: RefCell::default() })
    }

    /// A plugin at work: the one that runs, or a new one.
    pub async fn agent(&self) -> Rc<Agent> {
        self.agent_with(json!({})).await
    }

    /// The same with a config block.
    pub async fn agent_with(&self, config: Value) -> Rc<Agent> {
        if let Some(agent) = self.agent.borrow().clone() {
            return agent;
        }
        let agent = self.lab.launch().await;
        *self.agent.borrow_mut() = Some(agent.clone());
        let mut whole = self.lab.arm.config.clone();
        for (name, value) in config.as_object().unwrap() {
            whole[name] = value.clone();
        }
        agent.set_up(&whole).await;
        agent.fingerprint("a report", |_| true).await;
        agent
    }

    /// Kills the plugin as the kernel does when memory is short; tasks live on.
    pub async fn kill_plugin(&self) {
        if let Some(agent) = self.agent.take() {
            agent.process.kill().await;
        }
    }

    /// The processes of the plugin that runs.
    pub fn pids(&self) -> BTreeSet<u32> {
        machine::family(&self.lab.state())
    }

    /// Starts to count what the plugin and the Podman service behind the socket use.
    pub fn meters(&self) -> Meters {
        let socket = self.lab.arm.config["socket_path"].as_str().unwrap_or_default();
        Meters { driver: Meter::start(self.pids()), podman: Meter::start(machine::with_argument(socket)) }
    }

    /// A task whose log FIFOs are open and stay empty.
    pub fn silent_task(&self, program: &str) -> Task {
        let task = self.lab.task_without_collectors(program);
        let open = |path: &String| File::options().read(true).write(true).open(path).unwrap();
        self.held.borrow_mut().extend([&task.config.stdout_path, &task.config.stderr_path].map(open));
        task
    }

    /// Whether the plugin lives, and what it said last on stderr.
    pub fn last_words(&self) -> String {
        let Some(agent) = self.agent.borrow().clone() else { return String::new() };
        let text = agent.process.stderr.text();
        let lines: Vec<&str> = text.lines().collect();
        let said = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n    ");
        match agent.process.is_running() {
            true => format!("\n  it lives and said: {said}"),
            false => format!("\n  it has ended and said: {said}"),
        }
    }

    /// Ends all tasks as the agent does.
    pub async fn destroy_everything(&self) {
        let agent = self.agent.borrow().clone();
        if let Some(agent) = agent {
            agent.destroy_everything().await;
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // With those that never said hello.
        machine::kill(&self.pids());
        // What the plugin has left, if it hung or died.
        let _ = catch_unwind(AssertUnwindSafe(|| self.lab.leftovers()));
    }
}
