//! One driver at work for one measurement: its plugin, its tasks, and their end whatever happens.

use crate::agent::Agent;
use crate::arm::Arm;
use crate::board::Side;
use crate::harness::QUIET;
use crate::lab::Lab;
use crate::machine;
use crate::meter::Meter;
use crate::task::Task;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

/// Of what a plugin said, so many lines are told.
const LAST_LINES: usize = 3;

/// Between two looks at a meter: a thread that ends meanwhile takes no more with it than it used since.
const GLANCE: Duration = Duration::from_secs(1);

/// Processor time of both sides of the socket.
pub struct Meters {
    driver: Meter,
    podman: Meter,
}

/// What they show.
pub struct Used {
    pub driver: Duration,
    pub podman: Duration,
}

impl Meters {
    /// What is used from now on, for so long.
    pub async fn over(mut self, while_: Duration) -> Used {
        let mut left = while_;
        while !left.is_zero() {
            let step = left.min(GLANCE);
            tokio::time::sleep(step).await;
            self.driver.look();
            self.podman.look();
            left -= step;
        }
        self.used()
    }

    /// What was used until now.
    pub fn used(self) -> Used {
        Used { driver: self.driver.used(), podman: self.podman.used() }
    }
}

/// See the module.
pub struct Session {
    pub lab: Lab,
    /// Of its driver on the board.
    pub place: usize,
    agent: RefCell<Option<Rc<Agent>>>,
    /// Both ends of log FIFOs of tasks that say nothing.
    held: RefCell<Vec<File>>,
    /// What was measured in this round.
    notes: RefCell<Vec<(&'static str, f64)>>,
    version: RefCell<Option<String>>,
    /// Part of the name of every container of this session.
    mark: String,
}

impl Session {
    /// Nothing is started yet. `arm` is where tasks run: `podman`, `memory`, or `alone` for nowhere.
    pub fn new(place: usize, side: &Side, arm: &str) -> Result<Self, String> {
        let mut arm = Arm::find(arm)?;
        arm.binary.clone_from(&side.binary);
        let lab = Lab::new(arm, "bench");
        let mark = lab.alloc_id().split('-').next().unwrap_or_default().to_owned();
        Ok(Self {
            lab,
            place,
            agent: RefCell::default(),
            held: RefCell::default(),
            notes: RefCell::default(),
            version: RefCell::default(),
            mark,
        })
    }

    /// Something was measured: it counts, whatever becomes of the rest of the round.
    pub fn note(&self, key: &'static str, value: f64) {
        self.notes.borrow_mut().push((key, value));
    }

    pub fn take_notes(&self) -> Vec<(&'static str, f64)> {
        self.notes.take()
    }

    /// What the plugin calls itself, if it was ever at work.
    pub fn version(&self) -> Option<String> {
        self.version.borrow().clone()
    }

    /// Part of the name of every container of this session.
    pub fn mark(&self) -> &str {
        &self.mark
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
        Box::pin(agent.set_up(&whole)).await;
        *self.version.borrow_mut() = Some(agent.info().await.plugin_version);
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

    /// Starts to count what the plugin uses.
    pub fn meter(&self) -> Meter {
        let state = self.lab.state();
        Meter::start(move || machine::family(&state))
    }

    /// The same, and what Podman uses: the service behind the socket, and the monitors of our containers.
    pub fn meters(&self) -> Meters {
        let socket = self.lab.arm.config["socket_path"].as_str().unwrap_or_default().to_owned();
        let mark = self.mark.clone();
        let podman = move || &machine::with_argument(&socket) | &machine::monitors(&mark);
        Meters { driver: self.meter(), podman: Meter::start(podman) }
    }

    /// A task whose log FIFOs are open and stay empty.
    pub fn silent_task(&self, program: &str) -> Task {
        let task = self.lab.task_without_collectors(program);
        let open = |path: &String| File::options().read(true).write(true).open(path).unwrap();
        self.held.borrow_mut().extend([&task.config.stdout_path, &task.config.stderr_path].map(open));
        task
    }

    /// How many log FIFOs are open, of all tasks so far.
    pub fn held(&self) -> usize {
        self.held.borrow().len()
    }

    /// Closes those that came after the first so many, whose tasks are gone.
    pub fn let_go_but(&self, first: usize) {
        self.held.borrow_mut().truncate(first);
    }

    /// Whether the plugin lives, and what it said last on stderr.
    pub async fn last_words(&self) -> String {
        let Some(agent) = self.agent.borrow().clone() else { return String::new() };
        // A connection breaks before its process is gone, and so does a pipe.
        let over = async {
            agent.process.stderr.until("the end of stderr", |seen| seen.ended).await;
            while agent.process.is_running() {
                tokio::task::yield_now().await;
            }
        };
        drop(tokio::time::timeout(QUIET, over).await);
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
