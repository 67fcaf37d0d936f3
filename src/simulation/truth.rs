//! What is true of every container, against which everything that is reported is checked.

use super::clock::VirtualClock;
use super::locked;
use super::trace::Trace;
use crate::adapters::memory::{Deed, Happening};
use crate::domain::container::ContainerFacts;
use crate::domain::container::labels::{Owner, owner};
use crate::domain::task::identity::{ContainerId, ContainerName};
use crate::domain::task::{ExitOutcome, ExitRecord, TaskId};
use crate::domain::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How old a stale answer can be: what Podman has not yet written down.
const STALE: Duration = Duration::from_secs(2);

/// The life of one container.
#[derive(Debug)]
struct Life {
    /// Its task; `None` for somebody else's.
    task: Option<Owner>,
    /// How its runs ended, the first one first.
    ends: Vec<(i32, bool)>,
    running: bool,
    /// Somebody destroyed what was known about an end, or ended and started it beside the driver.
    tampered: bool,
    removed: bool,
    /// The machine restarts: its end is nobody's doing.
    dying: bool,
    /// It was there when the machine restarted, which forgets how far logs have been delivered.
    rebooted: bool,
    /// Counted over all containers.
    made: usize,
    before: Option<ContainerFacts>,
    now: ContainerFacts,
    changed: Duration,
}

/// See the module.
#[derive(Debug)]
pub struct Truth {
    clock: Arc<VirtualClock>,
    trace: Arc<Trace>,
    lives: Mutex<BTreeMap<ContainerId, Life>>,
    /// The world is made: who is not ours must be left alone from now on.
    guarded: AtomicBool,
}

impl Truth {
    /// Nothing has happened yet.
    pub fn new(clock: Arc<VirtualClock>, trace: Arc<Trace>) -> Self {
        Self { clock, trace, lives: Mutex::default(), guarded: AtomicBool::new(false) }
    }

    /// The world is made: whatever is there now is somebody else's, labels like ours or not.
    pub fn guard(&self) {
        locked(&self.lives).values_mut().for_each(|life| life.task = None);
        self.guarded.store(true, Ordering::Relaxed);
    }

    /// Takes note of what happened, and checks what must hold at every step.
    pub fn happened(&self, happening: &Happening) {
        let (deed, facts) = (happening.deed, &happening.facts);
        self.trace.tell("podman", &format!("{deed:?} {} {}", short(&facts.id), facts.name));
        let mut lives = locked(&self.lives);
        let made = lives.len();
        let life = lives.entry(facts.id.clone()).or_insert_with(|| new_life(facts, made));
        let excused = life.tampered || (life.dying && matches!(deed, Deed::Ended { .. }));
        life.take(deed, facts, self.clock.elapsed());
        let guarded = self.guarded.load(Ordering::Relaxed) && !excused;
        let harmed = life.task.is_none() && guarded && deed != Deed::Created;
        if harmed {
            self.trace.violation(&format!("somebody else's container {} was touched: {deed:?}", facts.name));
        }
        if deed == Deed::Started {
            self.one_runs(&lives, facts);
        }
    }

    /// At most one container of a task's allocation runs under the task's name.
    fn one_runs(&self, lives: &BTreeMap<ContainerId, Life>, started: &ContainerFacts) {
        let key = |life: &Life| match &life.task {
            Some(Owner::Task { alloc_id, task_id }) => {
                Some((alloc_id.clone(), task_id.split('/').nth(1).map(str::to_owned)))
            }
            _ => None,
        };
        let Some(own) = lives.get(&started.id).and_then(key) else { return };
        let running = lives.values().filter(|life| life.running && key(life).as_ref() == Some(&own));
        if running.count() > 1 {
            self.trace.violation(&format!("two containers of task {} run", started.name));
        }
    }

    /// From now on nobody is blamed for what happens to this container, nor for not knowing how it ended.
    pub fn tampered(&self, id: &ContainerId) {
        if let Some(life) = locked(&self.lives).get_mut(id) {
            life.tampered = true;
        }
    }

    /// The machine restarts: what is known of the end of all that run is lost.
    pub fn rebooted(&self) {
        for life in locked(&self.lives).values_mut() {
            life.rebooted = true;
            life.dying = life.running;
            // What a restart of the machine does to others excuses nothing that comes after it.
            life.tampered |= life.running && life.task.is_some();
        }
    }

    /// What a reader that is a moment behind sees; `None` if the present.
    pub fn stale(&self, id_or_name: &str) -> Option<ContainerFacts> {
        let lives = locked(&self.lives);
        let named = |life: &&Life| life.now.id.as_str() == id_or_name || life.now.name.as_str() == id_or_name;
        let life = lives.values().filter(named).max_by_key(|life| life.changed)?;
        let fresh = self.clock.elapsed().saturating_sub(life.changed) <= STALE;
        life.before.clone().filter(|_| fresh)
    }

    /// Checks the end that the driver reports for a container.
    pub fn check_outcome(&self, id: &ContainerId, outcome: &ExitOutcome) {
        let lives = locked(&self.lives);
        let Some(life) = lives.get(id) else {
            return self.trace.violation("an end was reported of a container that never was");
        };
        let last = life.ends.last().copied();
        let true_ends =
            if life.tampered { &life.ends[..] } else { &life.ends[life.ends.len().saturating_sub(1)..] };
        match outcome {
            ExitOutcome::Known(ExitRecord { code, oom_killed, .. }) => {
                if !true_ends.contains(&(*code, *oom_killed)) {
                    self.trace
                        .violation(&format!("exit {code} (oom {oom_killed}) reported, but it was {last:?}"));
                }
            }
            ExitOutcome::Unknown(reason) if !life.tampered => {
                self.trace.violation(&format!("the end {last:?} was lost: {reason}"));
            }
            ExitOutcome::Unknown(_) => {}
        }
    }

    /// The container of this name, if there is one.
    pub fn id_of(&self, name: &ContainerName) -> Option<ContainerId> {
        let lives = locked(&self.lives);
        let named = |life: &&Life| life.now.name == *name && !life.removed && life.task.is_some();
        lives.values().find(named).map(|life| life.now.id.clone())
    }

    /// The newest container that was made for a task, whether it is still there or not.
    pub fn made_for(&self, task: &TaskId) -> Option<ContainerId> {
        let lives = locked(&self.lives);
        let of_task = |life: &&Life| matches!(&life.task, Some(Owner::Task { task_id, .. }) if task_id == task.as_str());
        lives.values().filter(of_task).max_by_key(|life| life.made).map(|life| life.now.id.clone())
    }

    /// Somebody else's container of this name.
    pub fn foreign(&self, name: &str) -> Option<ContainerId> {
        let lives = locked(&self.lives);
        let named = |life: &&Life| life.now.name.as_str() == name && life.task.is_none();
        lives.values().find(named).map(|life| life.now.id.clone())
    }

    /// Whether no run of a container has ended yet.
    pub fn first_run(&self, id: &ContainerId) -> bool {
        locked(&self.lives).get(id).is_some_and(|life| life.ends.is_empty())
    }

    /// How often the newest container of a task has ended.
    pub fn ends_of(&self, task: &TaskId) -> usize {
        let container = self.made_for(task);
        container.and_then(|id| Some(locked(&self.lives).get(&id)?.ends.len())).unwrap_or(0)
    }

    /// Whether a container ran on after the machine was restarted: nobody knows how far its log had been delivered.
    pub fn ran_beyond_a_reboot(&self, id: &ContainerId) -> bool {
        let runs = |life: &Life| life.ends.len() + usize::from(life.running);
        locked(&self.lives).get(id).is_none_or(|life| life.rebooted && runs(life) > 1)
    }

    /// Whether a container may have written what is not told to anybody: before the machine was restarted, which forgets
    /// how far that had got, or when somebody had started it again after its end.
    pub fn wrote_beyond_us(&self, id: &ContainerId) -> bool {
        let runs = |life: &Life| life.ends.len() + usize::from(life.running);
        locked(&self.lives).get(id).is_none_or(|life| life.rebooted || (life.tampered && runs(life) > 1))
    }

    /// Containers of a task that have ended, which nobody but the driver has touched.
    pub fn ended_of(&self, task: &TaskId) -> Vec<ContainerId> {
        let mut left = self.left_of(task);
        left.retain(|id| !self.runs(id) && !self.first_run(id) && !self.is_tampered(id));
        left
    }

    /// When a container started last.
    pub fn started_at(&self, id: &ContainerId) -> Option<Timestamp> {
        locked(&self.lives).get(id)?.now.started_at
    }

    /// The task that a container was made for.
    pub fn task_of(&self, id: &ContainerId) -> Option<TaskId> {
        match &locked(&self.lives).get(id)?.task {
            Some(Owner::Task { task_id, .. }) => Some(TaskId::new(task_id.clone())),
            _ => None,
        }
    }

    /// Whether a container runs, truly.
    pub fn runs(&self, id: &ContainerId) -> bool {
        locked(&self.lives).get(id).is_some_and(|life| life.running)
    }

    /// Whether a container is gone.
    pub fn is_removed(&self, id: &ContainerId) -> bool {
        locked(&self.lives).get(id).is_some_and(|life| life.removed)
    }

    /// Whether somebody else had a hand in a container's fate.
    pub fn is_tampered(&self, id: &ContainerId) -> bool {
        locked(&self.lives).get(id).is_none_or(|life| life.tampered)
    }

    /// Containers of a task that are still there.
    pub fn left_of(&self, task: &TaskId) -> Vec<ContainerId> {
        self.left(|owner| matches!(owner, Owner::Task { task_id, .. } if task_id == task.as_str()))
    }

    fn left(&self, wanted: impl Fn(&Owner) -> bool) -> Vec<ContainerId> {
        let lives = locked(&self.lives);
        let there = lives.iter().filter(|(_, life)| !life.removed);
        let ours = there.filter(|(_, life)| life.task.as_ref().is_some_and(&wanted));
        ours.map(|(id, _)| id.clone()).collect()
    }

    /// Any container of ours, running ones only or all.
    pub fn ours(&self, running: bool) -> Vec<ContainerId> {
        let lives = locked(&self.lives);
        let ours = lives.iter().filter(|(_, life)| life.task.is_some() && !life.removed);
        ours.filter(|(_, life)| life.running || !running).map(|(id, _)| id.clone()).collect()
    }
}

impl Life {
    fn take(&mut self, deed: Deed, facts: &ContainerFacts, at: Duration) {
        match deed {
            Deed::Created | Deed::Signalled => {}
            Deed::Started => self.running = true,
            Deed::Ended { code, oom } => {
                self.running = false;
                self.dying = false;
                self.ends.push((code, oom));
            }
            Deed::Removed => self.removed = true,
        }
        self.before = Some(std::mem::replace(&mut self.now, facts.clone()));
        self.changed = at;
    }
}

fn new_life(facts: &ContainerFacts, made: usize) -> Life {
    let task = match owner(&facts.labels) {
        Owner::Foreign => None,
        ours => Some(ours),
    };
    Life {
        task,
        ends: Vec::new(),
        running: false,
        tampered: false,
        removed: false,
        dying: false,
        rebooted: false,
        made,
        before: None,
        now: facts.clone(),
        changed: Duration::ZERO,
    }
}

/// Enough of an id to know it again.
pub fn short(id: &ContainerId) -> &str {
    id.as_str().get(..8).unwrap_or(id.as_str())
}

#[cfg(test)]
#[path = "truth_tests.rs"]
mod tests;
