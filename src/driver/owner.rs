//! The owner of one container: the only place where its machine steps.
//!
//! The owner waits for commands and for the futures of its effects, feeds what they bring to the machine, and
//! publishes the status. It never blocks on the runtime: a hung Podman delays an effect, not the others.

use super::board::{Board, Publisher};
use super::ending;
use super::error::DriverError;
use super::events::Events;
use super::first_look;
use super::logs::{LogPump, Unstarted};
use super::removal::remove;
use super::retry::Backoff;
use crate::domain::container::{ContainerFacts, ContainerState};
use crate::domain::last_words::Private;
use crate::domain::limits::{FIRST_LOOK_TIMEOUT, REMOVE_AGAIN};
use crate::domain::signal::Signal;
use crate::domain::task::identity::ContainerId;
use crate::domain::task::recover::ended;
use crate::domain::task::{
    Effect, ExitOutcome, FirstLook, Input, Machine, Phase, PlacedTask, State, TaskStatus,
};
use crate::ports::clock::within;
use crate::ports::{Clock, ContainerRuntime, ErrorKind, NomadHost, RuntimeError};
use futures_channel::mpsc;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::oneshot;

/// What everybody else holds of an owner.
pub struct OwnerRef {
    /// What is still needed of the task.
    pub task: Arc<PlacedTask>,
    /// Its container.
    pub container: ContainerId,
    /// Where it runs.
    pub runtime: Arc<dyn ContainerRuntime>,
    /// The latest status.
    pub status: Arc<Board<TaskStatus>>,
    /// Without a limit, since whoever sends waits for the answer.
    commands: mpsc::UnboundedSender<Command>,
}

struct Command {
    input: Input,
    reply: oneshot::Sender<Result<(), DriverError>>,
}

impl OwnerRef {
    /// Sends an input and waits for its answer: at once for most, after the removal for a destroy.
    pub async fn command(&self, input: Input) -> Result<(), DriverError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.unbounded_send(Command { input, reply });
        sent.map_err(|_| DriverError::ShuttingDown)?;
        answer.await.map_err(|_| DriverError::ShuttingDown)?
    }

    /// Waits until nothing is left of the task, which may be never.
    pub async fn destroyed(&self) {
        // An owner that is gone has nothing left to remove.
        self.status.once(|status| status.destroyed.then_some(())).await;
    }

    /// Waits, but not for long, until the container has been looked at.
    pub async fn looked_at(&self, clock: &dyn Clock) {
        let looked_at = self.status.once(|status| status.first_look);
        within(clock, FIRST_LOOK_TIMEOUT, looked_at).await.ok();
    }

    /// Waits until the task has ended and says how.
    pub async fn outcome(&self) -> Result<ExitOutcome, DriverError> {
        self.status.once(|status| status.outcome.clone()).await.ok_or(DriverError::ShuttingDown)
    }
}

/// What an owner is made from.
pub struct NewOwner {
    pub task: Arc<PlacedTask>,
    /// What of its environment must not be shown.
    pub private: Private,
    pub container: ContainerId,
    pub runtime: Arc<dyn ContainerRuntime>,
    pub host: Arc<dyn NomadHost>,
    pub clock: Arc<dyn Clock>,
    /// `None` if nobody has looked since it was told to start: the owner does, first of all.
    pub first_look: Option<FirstLook>,
    pub machine: Machine,
    pub logs: Option<Unstarted>,
    /// It had ended when it was found, perhaps because it was asked to: that is no news.
    pub had_ended: bool,
}

/// An owner that has not begun: commands wait for it.
#[must_use = "nobody watches the container until it is launched"]
pub struct Launch {
    owner: Box<Owner>,
    inbox: mpsc::UnboundedReceiver<Command>,
    logs: Option<Unstarted>,
    private: Private,
}

impl Launch {
    /// Begins, on the current tokio runtime.
    pub fn go(mut self) {
        let watch = Watch { logs: self.logs.map(Unstarted::start), private: self.private };
        match self.owner.publisher.board().now(|status| status.first_look) {
            Some(_) => self.owner.watch_exit(watch),
            None => self.owner.look(watch),
        }
        tokio::spawn(self.owner.run(self.inbox));
    }
}

/// Makes an owner.
pub fn prepare(new: NewOwner) -> (Arc<OwnerRef>, Launch) {
    let (commands, inbox) = mpsc::unbounded();
    let status =
        TaskStatus { phase: Phase::Running, first_look: new.first_look, outcome: None, destroyed: false };
    let publisher = Publisher::new(status);
    let owner_ref = Arc::new(OwnerRef {
        task: Arc::clone(&new.task),
        container: new.container.clone(),
        runtime: Arc::clone(&new.runtime),
        status: publisher.board(),
        commands,
    });
    let owner = Box::new(Owner {
        machine: new.machine,
        task: new.task,
        container: new.container,
        runtime: new.runtime,
        host: new.host,
        clock: new.clock,
        asked_to_end: Arc::new(AtomicBool::new(new.had_ended)),
        publisher,
        effects: FuturesUnordered::new(),
        destroyers: Vec::new(),
    });
    owner.publish();
    (owner_ref, Launch { owner, inbox, logs: new.logs, private: new.private })
}

/// What is done with a container's output until its end.
struct Watch {
    logs: Option<LogPump>,
    private: Private,
}

struct Owner {
    machine: Machine,
    task: Arc<PlacedTask>,
    container: ContainerId,
    runtime: Arc<dyn ContainerRuntime>,
    host: Arc<dyn NomadHost>,
    clock: Arc<dyn Clock>,
    /// By a stop or a destroy: its end is then no news.
    asked_to_end: Arc<AtomicBool>,
    publisher: Publisher<TaskStatus>,
    effects: FuturesUnordered<BoxFuture<'static, Outcome>>,
    /// Destroy commands that wait for the removal.
    destroyers: Vec<oneshot::Sender<Result<(), DriverError>>>,
}

/// What an effect's future brings.
enum Outcome {
    Input(Input),
    LookedAt(FirstLook, Box<Watch>),
    RemoveFailed(RuntimeError),
    Nothing,
}

impl Owner {
    async fn run(mut self: Box<Self>, mut inbox: mpsc::UnboundedReceiver<Command>) {
        while !matches!(self.machine.state(), State::Gone(_)) {
            tokio::select! {
                biased;
                Some(outcome) = self.effects.next() => self.effect_done(outcome),
                command = inbox.next() => match command {
                    Some(command) => self.obey(command),
                    // Nobody holds us any more: the task was forgotten or the driver is gone.
                    None => return,
                },
            }
            self.publish();
        }
    }

    fn obey(&mut self, command: Command) {
        let waits = matches!(command.input, Input::Destroy { .. });
        let answer = self.step(command.input);
        match answer {
            Ok(()) if waits => self.destroyers.push(command.reply),
            // A caller that went away does not want to know.
            answer => drop(command.reply.send(answer)),
        }
        self.answer_destroyers();
    }

    fn effect_done(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Nothing => {}
            Outcome::Input(input) => drop(self.step(input)),
            Outcome::LookedAt(first_look, watch) => {
                self.publisher.tell(|status| {
                    status.first_look = Some(first_look);
                    true
                });
                self.watch_exit(*watch);
            }
            Outcome::RemoveFailed(error) => {
                drop(self.step(Input::RemoveFailed));
                let error = DriverError::runtime("destroy task", error);
                tracing::warn!(container = self.container.as_str(), %error, "trying again later");
                self.destroyers.drain(..).for_each(|reply| drop(reply.send(Err(error.clone()))));
                let clock = Arc::clone(&self.clock);
                self.effects.push(Box::pin(async move {
                    clock.sleep(REMOVE_AGAIN).await;
                    Outcome::Input(Input::Destroy { force: true })
                }));
            }
        }
        self.answer_destroyers();
    }

    fn step(&mut self, input: Input) -> Result<(), DriverError> {
        let asks = matches!(input, Input::Stop { .. } | Input::Destroy { force: true });
        self.asked_to_end.fetch_or(asks, Ordering::Relaxed);
        for effect in self.machine.step(input)? {
            if effect == Effect::Remove {
                self.host.log_ledger(&self.container).forget();
            }
            self.perform(effect);
        }
        Ok(())
    }

    fn answer_destroyers(&mut self) {
        if matches!(self.machine.state(), State::Gone(_)) {
            self.host.log_ledger(&self.container).forget();
            self.destroyers.drain(..).for_each(|reply| drop(reply.send(Ok(()))));
        }
    }

    fn publish(&self) {
        let outcome = self.machine.outcome().cloned();
        let destroyed = matches!(self.machine.state(), State::Gone(_));
        self.publisher.tell(|status| {
            let changed = status.outcome != outcome || status.destroyed != destroyed;
            status.phase = if outcome.is_some() { Phase::Exited } else { Phase::Running };
            status.outcome = outcome;
            status.destroyed = destroyed;
            changed
        });
    }

    fn perform(&mut self, effect: Effect) {
        let (runtime, clock, id) =
            (Arc::clone(&self.runtime), Arc::clone(&self.clock), self.container.clone());
        self.effects.push(match effect {
            Effect::Signal(signal) => Box::pin(async move {
                send_signal(&*runtime, &*clock, &id, signal).await;
                Outcome::Nothing
            }),
            Effect::StartGrace(grace) => Box::pin(async move {
                clock.sleep(grace).await;
                Outcome::Input(Input::GraceOver)
            }),
            Effect::Remove => Box::pin(async move {
                match remove(&*runtime, &*clock, &id).await {
                    Ok(()) => Outcome::Input(Input::Removed),
                    Err(error) => Outcome::RemoveFailed(error),
                }
            }),
        });
    }

    /// The first look at the container. Nothing else can be watched before.
    fn look(&mut self, watch: Watch) {
        let (runtime, clock, id) =
            (Arc::clone(&self.runtime), Arc::clone(&self.clock), self.container.clone());
        self.effects.push(Box::pin(async move {
            let first_look = first_look::patiently(&*runtime, &*clock, &id).await;
            Outcome::LookedAt(first_look, Box::new(watch))
        }));
    }

    /// The observation that lasts as long as the container.
    fn watch_exit(&mut self, Watch { logs, private }: Watch) {
        if self.machine.outcome().is_some() {
            return;
        }
        let (runtime, clock, id) =
            (Arc::clone(&self.runtime), Arc::clone(&self.clock), self.container.clone());
        let (host, task, asked) =
            (Arc::clone(&self.host), Arc::clone(&self.task), Arc::clone(&self.asked_to_end));
        let started_at = self.publisher.board().now(TaskStatus::started_at);
        self.effects.push(Box::pin(async move {
            let exited = exit(&*runtime, &*clock, &id).await;
            // Boxed: what waits, for as long as the task runs, shall be small.
            let settled = Box::pin(async {
                let facts = match exited {
                    Ok(facts) => facts,
                    Err(unknown) => {
                        finish(logs).await;
                        return unknown;
                    }
                };
                let asked = asked.load(Ordering::Relaxed);
                logs.iter().for_each(|pump| pump.over(facts.started_at == started_at));
                finish(logs).await;
                // Last of all: should the plugin be killed while the tail is delivered, the next one tells.
                let events = Events { host: &*host, clock: &*clock, task: (&*task).into() };
                ending::tell(&*runtime, &events, &facts, (asked, &private)).await;
                ended(&facts)
            });
            Outcome::Input(Input::Ended(settled.await))
        }));
    }
}

/// The host may stop collecting as soon as it knows of the exit, so the tail goes first.
async fn finish(logs: Option<LogPump>) {
    if let Some(pump) = logs {
        pump.finish().await;
    }
}

/// Waits for the end and asks until there is an answer: an error is never an exit.
///
/// # Errors
/// An end that nobody can say anything about.
async fn exit(
    runtime: &dyn ContainerRuntime,
    clock: &dyn Clock,
    id: &ContainerId,
) -> Result<ContainerFacts, ExitOutcome> {
    let mut backoff = Backoff::new(clock);
    loop {
        match runtime.wait(id).await {
            Ok(facts) if facts.state == ContainerState::Exited => return Ok(facts),
            Ok(facts) => {
                let state = facts.state;
                tracing::debug!(container = id.as_str(), ?state, "told of an end that is none, watching on")
            }
            Err(error) if error.is(ErrorKind::NotFound) => {
                let reason = "the container was removed by somebody else; its exit code is lost";
                return Err(ExitOutcome::Unknown(reason.to_owned()));
            }
            Err(error) if error.is(ErrorKind::WrongState) => {
                return Err(ExitOutcome::Unknown(format!("the container never ran: {error}")));
            }
            Err(error) => {
                tracing::debug!(container = id.as_str(), %error, "cannot watch the container, trying again")
            }
        }
        backoff.pause().await;
    }
}

/// Sends a signal, again while the runtime is away. A container that has ended needs none; whether it has is looked
/// up, because a runtime that is busy with the container says the same.
async fn send_signal(runtime: &dyn ContainerRuntime, clock: &dyn Clock, id: &ContainerId, signal: Signal) {
    let mut backoff = Backoff::new(clock);
    while let Err(error) = runtime.signal(id, signal).await {
        let again =
            error.kind.is_transient() || (error.is(ErrorKind::WrongState) && may_be_alive(runtime, id).await);
        if !again {
            tracing::debug!(container = id.as_str(), %signal, %error, "signal not delivered");
            return;
        }
        backoff.pause().await;
    }
}

async fn may_be_alive(runtime: &dyn ContainerRuntime, id: &ContainerId) -> bool {
    match runtime.inspect(id.as_str()).await {
        Ok(facts) => facts.state.is_alive(),
        Err(error) => error.kind.is_transient(),
    }
}
