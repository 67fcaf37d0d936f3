//! Carries a sequence out on one runtime and writes down what it says, without what differs from run to run.

use crate::arm::Deed;
use crate::lab::{Lab, Output, collect};
use crate::programs::{exit, forever, ignore, out, trap};
use crate::sequence::{Call, Kind, SLOTS, Verb};
use futures_util::StreamExt;
use nomad_driver_podman::adapters::memory::Program;
use nomad_driver_podman::domain::container::labels::TASK_LABEL;
use nomad_driver_podman::domain::container::{ContainerFacts, ContainerSpec, ContainerState, ExecSpec};
use nomad_driver_podman::domain::log::LogStart;
use nomad_driver_podman::domain::signal::Signal;
use nomad_driver_podman::domain::task::identity::ContainerId;
use nomad_driver_podman::ports::clock::within;
use nomad_driver_podman::ports::{ErrorKind, RuntimeError};
use std::time::Duration;

/// A wait that takes longer is one for a container that goes on.
const WAIT: Duration = Duration::from_millis(300);

/// One container, as far as the sequence has come.
struct Slot {
    spec: ContainerSpec,
    kind: Kind,
    id: ContainerId,
}

struct Player<'a> {
    lab: &'a Lab,
    slots: Vec<Slot>,
}

/// What each call has brought.
pub async fn play(lab: &Lab, calls: &[Call]) -> Vec<String> {
    let empty = |_| Slot { spec: lab.spec([exit(0)]), kind: Kind::Short, id: lab.absent() };
    let mut player = Player { lab, slots: (0..SLOTS).map(empty).collect() };
    let mut answers = Vec::new();
    for call in calls {
        answers.push(player.carry_out(*call).await);
    }
    answers
}

impl Player<'_> {
    async fn carry_out(&mut self, Call { slot, verb }: Call) -> String {
        let (runtime, id) = (&self.lab.runtime, self.slots[slot].id.clone());
        match verb {
            Verb::Create(kind) => self.create(slot, kind).await,
            Verb::Start => self.start(slot).await,
            Verb::Inspect => shown(runtime.inspect(id.as_str()).await),
            Verb::InspectByName => shown(runtime.inspect(self.slots[slot].spec.name.as_str()).await),
            Verb::Terminate => self.signal(slot, Signal::TERM).await,
            Verb::Kill => self.signal(slot, Signal::KILL).await,
            Verb::Wait => match within(&*self.lab.clock, WAIT, runtime.wait(&id)).await {
                Ok(ended) => shown(ended),
                Err(_) => "goes on".to_owned(),
            },
            Verb::Logs => self.logs(slot).await,
            Verb::LogsFrom => self.logs_from(slot).await,
            Verb::Stats => brief(runtime.stats(&id).await.map(|_| "sampled")),
            Verb::ImageId => self.image_id(slot).await,
            Verb::Exec => self.exec(&id).await,
            Verb::Pause => self.human(&id, Deed::Pause, ContainerState::Running).await,
            Verb::Unpause => self.human(&id, Deed::Unpause, ContainerState::Paused).await,
            Verb::Remove => brief(runtime.remove(&id).await),
            Verb::List => self.list().await,
            Verb::RemoveImage => self.remove_image(&id).await,
        }
    }

    async fn create(&mut self, slot: usize, kind: Kind) -> String {
        let program: Program = match kind {
            Kind::Short => [out("short\n"), exit(3)].into(),
            Kind::Polite => [trap("TERM", [exit(7)]), out("ready\n"), forever()].into(),
            Kind::Deaf => [ignore("TERM"), out("ready\n"), forever()].into(),
            Kind::Broken => [exit(0)].into(),
        };
        let mut spec = self.slots[slot].spec.clone();
        spec.command = self.lab.arm.command(&program);
        if kind == Kind::Broken {
            spec.command = vec!["/no/such/program".to_owned()];
        }
        let created = self.lab.runtime.create(&spec).await;
        if let Ok(created) = &created {
            self.slots[slot] = Slot { spec, kind, id: created.id.clone() };
        }
        brief(created.map(|_| "created"))
    }

    /// Starts, and waits for what the program does first.
    async fn start(&self, slot: usize) -> String {
        let Slot { kind, id, .. } = &self.slots[slot];
        let was_alive = self.state(id).await.is_some_and(ContainerState::is_alive);
        let started = self.lab.runtime.start(id).await;
        if started.is_ok() && !was_alive {
            match kind {
                Kind::Short => drop(self.lab.runtime.wait(id).await.unwrap()),
                // A second run writes below the first one's line.
                Kind::Polite | Kind::Deaf => self.lab.sleep(400).await,
                Kind::Broken => {}
            }
        }
        brief(started)
    }

    async fn signal(&self, slot: usize, signal: Signal) -> String {
        let Slot { kind, id, .. } = &self.slots[slot];
        // A frozen process takes a signal when it is thawed, if at all: nothing to compare.
        if self.state(id).await == Some(ContainerState::Paused) && signal != Signal::KILL {
            return "frozen".to_owned();
        }
        let sent = self.lab.runtime.signal(id, signal).await;
        if sent.is_ok() && (signal == Signal::KILL || *kind == Kind::Polite) {
            drop(self.lab.runtime.wait(id).await.unwrap());
        }
        brief(sent)
    }

    async fn logs(&self, slot: usize) -> String {
        let id = &self.slots[slot].id;
        match self.state(id).await {
            None => brief(self.lab.runtime.logs(id, LogStart::Beginning).await.map(|_| "opened")),
            Some(ContainerState::Exited) => self.lab.logs(id, LogStart::Beginning).await.text(),
            Some(_) => "has no end yet".to_owned(),
        }
    }

    /// The text in two parts, the second read from where the first one ended; how it is cut is no matter of the
    /// contract. And what comes after the end.
    async fn logs_from(&self, slot: usize) -> String {
        let id = &self.slots[slot].id;
        if self.state(id).await != Some(ContainerState::Exited) {
            return "has no end yet".to_owned();
        }
        let mut batches = self.lab.runtime.logs(id, LogStart::Beginning).await.unwrap();
        let (mut text, mut start) = (Output::default(), LogStart::Beginning);
        if let Some(first) = batches.next().await {
            let first = first.unwrap();
            text.add_batch(&first);
            start = LogStart::After(first.cursor);
        }
        let rest = self.lab.logs(id, start).await.text();
        let after = self.lab.logs(id, LogStart::Now).await.text();
        format!("{}{rest}, then {after:?}", text.text())
    }

    /// Of what its containers are made of, and of what nobody has.
    async fn image_id(&self, slot: usize) -> String {
        let image = self.slots[slot].spec.image.to_string();
        let there = self.lab.runtime.image_id(&image).await;
        let absent = self.lab.runtime.image_id("localhost/nobody-has-this:1").await;
        format!("{} {}", brief(there.map(|id| id.is_some())), brief(absent.map(|id| id.is_some())))
    }

    async fn exec(&self, id: &ContainerId) -> String {
        // Podman refuses or hangs on one that is frozen, by version; no case of the contract.
        if self.state(id).await == Some(ContainerState::Paused) {
            return "frozen".to_owned();
        }
        let command = self.lab.arm.command(&[out("hi\n"), exit(5)].into());
        match self.lab.runtime.exec(id, &ExecSpec { command, tty: false, stdin: false }).await {
            Ok(session) => format!("{:?}", collect(session).await),
            Err(error) => failed(&error),
        }
    }

    async fn human(&self, id: &ContainerId, deed: Deed, only_in: ContainerState) -> String {
        if self.state(id).await != Some(only_in) {
            return "not now".to_owned();
        }
        self.lab.human(deed, id).await;
        format!("{deed:?}")
    }

    /// By slot, because ids are in another order everywhere.
    async fn list(&self) -> String {
        let all = match self.lab.runtime.list().await {
            Ok(all) => all,
            Err(error) => return failed(&error),
        };
        let ours = |facts: &&ContainerFacts| facts.labels.get(TASK_LABEL) == Some(&self.lab.mark);
        let slot = |facts: &ContainerFacts| self.slots.iter().position(|slot| slot.id == facts.id);
        let mut listed: Vec<_> = all
            .iter()
            .filter(ours)
            .map(|facts| (slot(facts), format!("{:?}", facts.state), facts.exit_code))
            .collect();
        listed.sort();
        format!("{listed:?}")
    }

    /// Of the image that everything here uses, while something does.
    async fn remove_image(&self, id: &ContainerId) -> String {
        match self.lab.runtime.inspect(id.as_str()).await {
            Ok(ContainerFacts { image: Some(image), .. }) => {
                brief(self.lab.runtime.remove_image(&image).await)
            }
            Ok(_) => "has no image".to_owned(),
            Err(error) => failed(&error),
        }
    }

    async fn state(&self, id: &ContainerId) -> Option<ContainerState> {
        self.lab.runtime.inspect(id.as_str()).await.ok().map(|facts| facts.state)
    }
}

/// What a caller decides by.
fn shown(facts: Result<ContainerFacts, RuntimeError>) -> String {
    let told = |facts: ContainerFacts| {
        let (state, code, oom) = (facts.state, facts.exit_code, facts.oom_killed);
        let known = [facts.pid.is_some(), facts.started_at.is_some(), facts.finished_at.is_some()];
        format!("{state:?} code {code:?} oom {oom} pid, start, end {known:?}")
    };
    facts.map_or_else(|error| failed(&error), told)
}

fn brief<T: std::fmt::Debug>(result: Result<T, RuntimeError>) -> String {
    result.map_or_else(|error| failed(&error), |value| format!("{value:?}"))
}

fn failed(error: &RuntimeError) -> String {
    let retry = if error.kind.is_transient() { "transient" } else { "final" };
    match error.kind {
        ErrorKind::NotFound | ErrorKind::WrongState | ErrorKind::NameInUse | ErrorKind::Rejected => {
            format!("Err({:?}, {retry})", error.kind)
        }
        kind => format!("Err({kind:?}, {retry}): {}", error.message),
    }
}
