//! The model: which tasks there are, which of them the plugin knows, how each has ended, and what is answered.

use proptest::prelude::*;
use std::collections::BTreeMap;

/// Tasks of the model: more would meet less often.
const TASKS: usize = 3;

/// How a task ends by itself, and how when it is killed.
pub const CODE: i32 = 3;
pub const KILLED: i32 = 137;

#[derive(Debug, Clone)]
pub enum Command {
    Start(usize),
    Stop(usize),
    Destroy {
        task: usize,
        force: bool,
    },
    Wait(usize),
    Signal(usize),
    Inspect(usize),
    Recover(usize),
    /// The task ends by itself.
    End(usize),
    /// The plugin is started anew; nobody is recovered yet.
    Restart,
    Pass(u64),
}

/// What a command brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Done,
    Refused,
    Running,
    Ended(i32),
}

/// A container and what is known of it.
#[derive(Debug, Clone)]
struct Container {
    /// The plugin that lives knows it.
    known: bool,
    end: Option<i32>,
}

/// What is so.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Each task that was ever started; `None` once it is destroyed.
    tasks: BTreeMap<usize, Option<Container>>,
}

impl Model {
    fn container(&mut self, task: usize) -> Option<&mut Container> {
        self.tasks.get_mut(&task)?.as_mut()
    }

    fn known(&mut self, task: usize) -> Option<&mut Container> {
        self.container(task).filter(|container| container.known)
    }

    /// The host recovers only what it has a handle of; only what runs ends.
    pub fn allows(&self, command: &Command) -> bool {
        match command {
            Command::Recover(task) => self.tasks.contains_key(task),
            Command::End(task) => {
                self.tasks.get(task).is_some_and(|there| there.as_ref().is_some_and(|it| it.end.is_none()))
            }
            _ => true,
        }
    }

    /// What a command brings, and what is so then.
    pub fn obey(&mut self, command: &Command) -> Answer {
        match *command {
            Command::Start(task) => self.start(task),
            Command::Stop(task) => self.stop(task),
            Command::Destroy { task, force } => self.destroy(task, force),
            Command::Wait(task) | Command::Inspect(task) => self.known(task).map_or(Answer::Refused, state),
            Command::Signal(task) => match self.known(task) {
                Some(Container { end: None, .. }) => Answer::Done,
                _ => Answer::Refused,
            },
            Command::Recover(task) => self.recover(task),
            Command::End(task) => {
                self.container(task).map(|container| container.end.get_or_insert(CODE));
                Answer::Done
            }
            Command::Restart => {
                self.tasks.values_mut().flatten().for_each(|container| container.known = false);
                Answer::Done
            }
            Command::Pass(_) => Answer::Done,
        }
    }

    /// What an earlier plugin left of it is settled first.
    fn start(&mut self, task: usize) -> Answer {
        if self.known(task).is_some() {
            return Answer::Refused;
        }
        self.tasks.insert(task, Some(Container { known: true, end: None }));
        Answer::Done
    }

    fn stop(&mut self, task: usize) -> Answer {
        let Some(container) = self.known(task) else { return Answer::Refused };
        container.end.get_or_insert(KILLED);
        Answer::Done
    }

    /// Known or not: what an earlier plugin left is found by its labels.
    fn destroy(&mut self, task: usize, force: bool) -> Answer {
        match self.container(task) {
            Some(container) if force || container.end.is_some() => {
                self.tasks.insert(task, None);
                Answer::Done
            }
            _ => Answer::Refused,
        }
    }

    fn recover(&mut self, task: usize) -> Answer {
        let Some(container) = self.container(task) else { return Answer::Refused };
        container.known = true;
        Answer::Done
    }
}

fn state(container: &mut Container) -> Answer {
    container.end.map_or(Answer::Running, Answer::Ended)
}

/// Any command; one that makes no sense now is left out, see [`Model::allows`].
pub fn any_command() -> impl Strategy<Value = Command> {
    let task = || 0..TASKS;
    prop_oneof![
        4 => task().prop_map(Command::Start),
        2 => task().prop_map(Command::Stop),
        3 => (task(), any::<bool>()).prop_map(|(task, force)| Command::Destroy { task, force }),
        2 => task().prop_map(Command::Wait),
        1 => task().prop_map(Command::Signal),
        2 => task().prop_map(Command::Inspect),
        3 => task().prop_map(Command::Recover),
        2 => task().prop_map(Command::End),
        1 => Just(Command::Restart),
        1 => (1u64..50).prop_map(Command::Pass),
    ]
}
