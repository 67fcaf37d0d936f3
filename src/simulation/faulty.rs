//! A runtime between the driver and the true one, which does to calls what the weather says.
//!
//! It is also where a plugin dies: after that no call of it has an effect, and none returns. What a killed process
//! can do to the world it can do through its ports only, so that is the same as being killed.

use super::failure::{Failure, WATCHED};
use super::fault::{Fault, Op};
use super::trace::CANARY;
use super::truth::short;
use super::world::World;
use crate::domain::container::{ContainerFacts, ContainerSpec, ExecSpec};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::image::PullRequest;
use crate::domain::log::{LogBatch, LogStart};
use crate::domain::signal::Signal;
use crate::domain::stats::StatsSample;
use crate::domain::task::identity::ContainerId;
use crate::ports::runtime::{Change, Created, PullProgress};
use crate::ports::{Clock, ContainerRuntime, ErrorKind, ExecSession, RuntimeError};
use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use std::fmt::Debug;
use std::future::{Future, pending};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a connection takes to break, and a fast call takes anyway.
const MOMENT: Duration = Duration::from_millis(30);

/// How late a missed end is told: by the slow look that is the safety net.
const LATE: Duration = Duration::from_secs(60);

type Answer<T> = Result<T, RuntimeError>;
type Stream<T> = BoxStream<'static, Answer<T>>;

/// See the module.
pub struct Faulty {
    world: Arc<World>,
    /// Ends when the plugin is killed.
    life: CancellationToken,
}

impl Faulty {
    /// The runtime as one plugin sees it, for as long as that lives.
    pub fn new(world: Arc<World>, life: CancellationToken) -> Self {
        Self { world, life }
    }

    /// One call: told, struck, told.
    async fn call<T, W>(
        &self,
        op: Op,
        object: &str,
        effect: impl FnOnce(Option<Fault>) -> W + Send,
    ) -> Answer<T>
    where
        T: Send,
        W: Future<Output = Answer<T>> + Send,
    {
        self.alive(async {
            self.world.count_call();
            self.world.clock.sleep(MOMENT).await;
            let called = format!("{op:?} {}", object.get(..12).unwrap_or(object));
            let fault = self.fault_at(op, &called);
            let answer = self.struck(op, object, fault, effect(fault)).await;
            match &answer {
                Ok(_) => self.world.trace.tell("call", &called),
                Err(error) => self.world.trace.tell("call", &format!("{called}: {:?}, {error}", error.kind)),
            }
            answer
        })
        .await
    }

    /// What strikes this call, told.
    fn fault_at(&self, op: Op, called: &str) -> Option<Fault> {
        self.world.weather.at_call(op).inspect(|fault| {
            self.world.trace.tell("FAULT", &format!("{} at {called}", fault.name()));
        })
    }

    /// Never returns once the plugin is dead.
    async fn alive<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            () = self.life.cancelled() => pending().await,
            done = work => done,
        }
    }

    async fn struck<T, W>(&self, op: Op, object: &str, fault: Option<Fault>, effect: W) -> Answer<T>
    where
        W: Future<Output = Answer<T>>,
    {
        if fault == Some(Fault::Slow) {
            let mut rng = self.world.weather.draw();
            self.world.clock.sleep(rng.between(Duration::from_secs(1), Duration::from_secs(25))).await;
        }
        let Some(failure) = fault.and_then(|fault| Failure::of(fault, op)) else { return effect.await };
        if failure.is_made {
            done(effect).await;
        }
        Err(self.failed(op, object, failure).await)
    }

    async fn failed(&self, op: Op, object: &str, failure: Failure) -> RuntimeError {
        if let Some(after) = failure.after {
            self.world.clock.sleep(after).await;
        }
        let Some((kind, message)) = failure.heard else { return self.die().await };
        RuntimeError::new(name(op), object, kind, message)
    }

    async fn die<T>(&self) -> T {
        self.life.cancel();
        pending().await
    }

    /// All containers of ours, without what has changed just now.
    async fn list_late(&self) -> Answer<Vec<ContainerFacts>> {
        let listed = self.world.podman.list().await?;
        let late = |facts: ContainerFacts| self.world.truth.stale(facts.id.as_str()).unwrap_or(facts);
        Ok(listed.into_iter().map(late).collect())
    }

    fn streamed<T: Send + 'static>(
        &self,
        op: Op,
        id: &ContainerId,
        items: Stream<T>,
        fault: Option<Fault>,
    ) -> Stream<T> {
        let object = short(id).to_owned();
        let broken =
            move || RuntimeError::new(name(op), &object, ErrorKind::Unavailable, "connection reset by peer");
        let items = match fault {
            Some(Fault::StreamReset) => {
                items.take(1).chain(stream::once(async move { Err(broken()) })).boxed()
            }
            Some(Fault::StreamStuck) => items.take(1).chain(stream::pending()).boxed(),
            _ => items,
        };
        items.take_until(self.life.clone().cancelled_owned()).boxed()
    }
}

/// The effect takes place; nobody hears of it.
async fn done<T>(effect: impl Future<Output = Answer<T>>) {
    drop(effect.await);
}

fn name(op: Op) -> &'static str {
    match op {
        Op::Probe => "probe",
        Op::Pull => "pull image",
        Op::ImageId => "look up image",
        Op::RemoveImage => "remove image",
        Op::Create => "create container",
        Op::Start => "start container",
        Op::Inspect => "inspect container",
        Op::Wait => "wait for container",
        Op::Signal => "signal container",
        Op::Remove => "remove container",
        Op::List => "list containers",
        Op::Stats => "stats of container",
        Op::Logs => "logs of container",
        Op::Exec => "exec",
        Op::Write => "write",
    }
}

/// What a person would see of a value if somebody logged it.
fn must_hide(world: &World, value: &impl Debug) {
    if format!("{value:?}").contains(CANARY) {
        world.trace.violation("a secret is in the Debug text of what the runtime is given");
    }
}

#[async_trait]
impl ContainerRuntime for Faulty {
    async fn probe(&self) -> Answer<RuntimeFacts> {
        self.call(Op::Probe, "", |_| self.world.podman.probe()).await
    }

    async fn pull(&self, request: &PullRequest, progress: PullProgress<'_>) -> Answer<String> {
        must_hide(&self.world, request);
        let image = request.image.to_string();
        self.call(Op::Pull, &image, |_| self.world.podman.pull(request, progress)).await
    }

    async fn image_id(&self, image: &str) -> Answer<Option<String>> {
        self.call(Op::ImageId, image, |_| self.world.podman.image_id(image)).await
    }

    async fn remove_image(&self, id: &str) -> Answer<Change> {
        self.call(Op::RemoveImage, id, |_| self.world.podman.remove_image(id)).await
    }

    async fn create(&self, spec: &ContainerSpec) -> Answer<Created> {
        must_hide(&self.world, spec);
        let created = |fault| async move {
            if fault == Some(Fault::ImagePruned) {
                self.world.podman.prune(spec.image.as_str());
            }
            self.world.podman.create(spec).await
        };
        self.call(Op::Create, spec.name.as_str(), created).await
    }

    async fn start(&self, id: &ContainerId) -> Answer<Change> {
        self.call(Op::Start, id.as_str(), |_| self.world.podman.start(id)).await
    }

    async fn inspect(&self, id: &str) -> Answer<ContainerFacts> {
        let stale = |fault| match fault {
            Some(Fault::StaleRead) => self.world.truth.stale(id),
            _ => None,
        };
        let look = |fault| async move {
            match stale(fault) {
                Some(facts) => Ok(facts),
                None => self.world.podman.inspect(id).await,
            }
        };
        self.call(Op::Inspect, id, look).await
    }

    async fn wait(&self, id: &ContainerId) -> Answer<ContainerFacts> {
        self.alive(async {
            let (world, clock) = (&self.world, &self.world.clock);
            match self.fault_at(Op::Wait, short(id)) {
                Some(Fault::WaitLate) => {
                    let waited = world.podman.wait(id).await;
                    clock.sleep(LATE).await;
                    waited
                }
                Some(Fault::WaitReset) => {
                    clock.sleep(WATCHED).await;
                    let message = "connection reset by peer";
                    Err(RuntimeError::new(name(Op::Wait), short(id), ErrorKind::Unavailable, message))
                }
                Some(Fault::WaitEarly) => {
                    clock.sleep(WATCHED).await;
                    world.podman.inspect(id.as_str()).await
                }
                Some(Fault::KilledBefore) => self.die().await,
                Some(Fault::KilledAfter) => {
                    done(world.podman.wait(id)).await;
                    self.die().await
                }
                _ => world.podman.wait(id).await,
            }
        })
        .await
    }

    async fn signal(&self, id: &ContainerId, signal: Signal) -> Answer<()> {
        self.call(Op::Signal, id.as_str(), |_| self.world.podman.signal(id, signal)).await
    }

    async fn remove(&self, id: &ContainerId) -> Answer<Change> {
        self.call(Op::Remove, id.as_str(), |_| self.world.podman.remove(id)).await
    }

    async fn list(&self) -> Answer<Vec<ContainerFacts>> {
        let list = |fault| async move {
            match fault {
                Some(Fault::StaleRead) => self.list_late().await,
                _ => self.world.podman.list().await,
            }
        };
        self.call(Op::List, "", list).await
    }

    async fn stats(&self, id: &ContainerId) -> Answer<StatsSample> {
        self.call(Op::Stats, id.as_str(), |_| self.world.podman.stats(id)).await
    }

    async fn logs(&self, id: &ContainerId, start: LogStart) -> Answer<Stream<LogBatch>> {
        let read = |fault| async move {
            let batches = self.world.podman.logs(id, start).await?;
            Ok(self.streamed(Op::Logs, id, batches, fault))
        };
        self.call(Op::Logs, id.as_str(), read).await
    }

    /// As the last words.
    async fn unread(&self, id: &ContainerId, start: LogStart) -> Answer<u64> {
        self.alive(self.world.podman.unread(id, start)).await
    }

    /// Only a hint for a person, which no fault makes worse than none.
    async fn last_words(&self, id: &ContainerId) -> Answer<Vec<u8>> {
        self.alive(self.world.podman.last_words(id)).await
    }

    async fn exec(&self, id: &ContainerId, spec: &ExecSpec) -> Answer<ExecSession> {
        let exec = |fault| async move {
            let session = self.world.podman.exec(id, spec).await?;
            Ok(ExecSession { events: self.streamed(Op::Exec, id, session.events, fault), ..session })
        };
        self.call(Op::Exec, id.as_str(), exec).await
    }
}
