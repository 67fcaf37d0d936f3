//! The life of one task by its host: starts it, watches it, recovers it, stops it, destroys it, starts it again.
//! What Nomad's task runner does, and what it does when the plugin dies under it.

use super::fault::{Fault, Moment};
use super::rng::Rng;
use super::rpc::{Verb, rpc, told};
use super::task::SimTask;
use super::world::{Plugin, World};
use super::{disaster, locked};
use crate::adapters::nomad::convert::state;
use crate::domain::container::ExecSpec;
use crate::domain::signal::Signal;
use crate::domain::stats::Usage;
use crate::domain::task::identity::ContainerName;
use crate::domain::task::{ExitOutcome, TaskId, TaskRequest};
use crate::driver::{DriverError, Started};
use crate::ports::Clock;
use crate::ports::clock::within;
use futures_util::StreamExt;
use futures_util::future::join;
use futures_util::stream::BoxStream;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Tries of a request whose plugin dies: Nomad has two.
const TRIES: usize = 2;

/// How long after its start a task is looked at, signalled, and entered.
const SOON: Duration = Duration::from_secs(2);

/// One task of the world.
pub struct Runner {
    pub(super) world: Arc<World>,
    task: SimTask,
    rng: Rng,
    pub(super) name: ContainerName,
}

/// A start of a task that the host believes to run.
pub(super) struct Held {
    pub(super) request: TaskRequest,
    /// What the host has stored for it.
    pub(super) handle: Vec<u8>,
    /// The plugin that knows of it.
    pub(super) plugin: Arc<Plugin>,
    /// It was destroyed at the wrong time, which may have been right when it had ended just then.
    pub(super) disordered: AtomicBool,
    /// Usage that nobody reads.
    pub(super) unread: Mutex<Option<BoxStream<'static, Usage>>>,
}

impl Held {
    pub(super) fn id(&self) -> &TaskId {
        &self.request.id
    }
}

impl Runner {
    /// The host's part of `task`.
    pub fn new(world: Arc<World>, task: SimTask, rng: Rng) -> Self {
        let name = ContainerName::of_task(&task.request.meta.task_name, &task.request.meta.alloc_id);
        Self { world, task, rng, name }
    }

    /// From the first start to the last end.
    pub async fn play(mut self) {
        let mut left = self.task.restarts;
        loop {
            let outcome = self.attempt().await;
            let is_over = self.world.clock.elapsed() >= self.task.stop_at;
            if left == 0 || is_over || !self.calls_for_another(outcome.as_ref()) {
                return;
            }
            left -= 1;
            self.world.clock.sleep(self.task.delay).await;
        }
    }

    /// Plays a task that must succeed.
    pub async fn succeed(mut self) {
        let outcome = self.attempt().await;
        if !outcome.as_ref().is_some_and(ExitOutcome::is_success) {
            self.world.trace.violation(&format!("a task that nothing troubles came to {outcome:?}"));
        }
    }

    /// Whether the task shall start again after this end, or none that anybody knows of.
    fn calls_for_another(&self, outcome: Option<&ExitOutcome>) -> bool {
        self.task.is_service || !outcome.is_some_and(ExitOutcome::is_success)
    }

    /// One start of the task, to its end.
    async fn attempt(&mut self) -> Option<ExitOutcome> {
        let mut request = self.task.request.clone();
        let number = self.rng.bits() & 0xffff_ffff;
        request.id =
            TaskId::new(format!("{}/{}/{number:08x}", request.meta.alloc_id, request.meta.task_name));
        self.world.trace.tell("nomad", &format!("starts {}", request.id));
        disaster::at(&self.world, Moment::BeforeStart, &self.name);
        self.trouble_logs(Moment::BeforeStart);
        let mut held = self.start(&request).await?;
        disaster::at(&self.world, Moment::Started, &self.name);
        let outcome = self.supervise(&mut held).await?;
        self.conclude(&mut held, &outcome).await;
        Some(outcome)
    }

    async fn start(&self, request: &TaskRequest) -> Option<Held> {
        for nth in 0..TRIES {
            if nth > 0 {
                self.world.collector.restarted(&request.id);
            }
            let plugin = self.world.plugin().await.ok()?;
            self.disorder(Moment::BeforeStart, &plugin, &request.id).await;
            match self.start_once(&plugin, request).await {
                Some(Ok(started)) => {
                    let handle = state::encode(&started.handle).ok()?;
                    self.world.must_be_clean("a handle", &String::from_utf8_lossy(&handle));
                    return Some(Held {
                        request: request.clone(),
                        handle,
                        plugin,
                        disordered: AtomicBool::new(false),
                        unread: Mutex::default(),
                    });
                }
                Some(Err(_)) => return None,
                None => {}
            }
        }
        None
    }

    /// `None` when the plugin died.
    async fn start_once(
        &self,
        plugin: &Plugin,
        request: &TaskRequest,
    ) -> Option<Result<Started, DriverError>> {
        let (world, moment) = (&self.world, Moment::BeforeStart);
        let must = world.is_quiet();
        let call = || plugin.driver.start_task(request.clone());
        let answer = if world.host_fault(moment, Fault::RpcCancelled) {
            let started =
                rpc(world, plugin, Verb::Start, within(&*world.clock, self.patience(), call())).await?;
            started.unwrap_or(Err(DriverError::NotRunning))
        } else if world.host_fault(moment, Fault::RpcRepeated) {
            let (one, other) = rpc(world, plugin, Verb::Start, join(call(), call())).await?;
            if one.is_ok() && other.is_ok() {
                world.trace.violation("a task was started twice");
            }
            one.or(other)
        } else if world.host_fault(moment, Fault::RpcOverlapping) {
            let ended = self.end_meanwhile(plugin, &request.id);
            let (started, ended) = rpc(world, plugin, Verb::Start, join(call(), ended)).await?;
            if ended { Err(DriverError::NotRunning) } else { started }
        } else {
            rpc(world, plugin, Verb::Start, call()).await?
        };
        if must {
            self.check_started(&answer);
        }
        Some(told(world, "StartTask", answer))
    }

    /// Stops and destroys a task that something else is being done with; true if that task is no more.
    pub(super) async fn end_meanwhile(&self, plugin: &Plugin, id: &TaskId) -> bool {
        let world = &self.world;
        world.clock.sleep(self.patience()).await;
        // It may not be known yet.
        drop(told(world, "StopTask", plugin.driver.stop_task(id, Duration::ZERO, None).await));
        let destroyed = told(world, "DestroyTask", plugin.driver.destroy_task(id, true).await);
        if destroyed.is_ok() && !world.keeps_containers() && !world.truth.left_of(id).is_empty() {
            world.trace.violation("a task that was destroyed in between has a container");
        }
        !matches!(destroyed, Err(DriverError::UnknownTask(_)))
    }

    /// Until its end is reported; `None` when it cannot be recovered.
    async fn supervise(&self, held: &mut Held) -> Option<ExitOutcome> {
        let (mut stopped, mut seen_to) = (false, false);
        loop {
            if held.plugin.life.is_cancelled() {
                if !self.recover(held).await {
                    return None;
                }
                seen_to = false;
            }
            let until_stop = self.task.stop_at.saturating_sub(self.world.clock.elapsed());
            let plugin = Arc::clone(&held.plugin);
            tokio::select! {
                biased;
                () = plugin.life.cancelled() => continue,
                ended = plugin.driver.wait_task(held.id()) => match told(&self.world, "WaitTask", ended) {
                    Ok(outcome) => {
                        self.world.endings.answered(held.id());
                        return Some(outcome);
                    }
                    Err(_) => {
                        self.world.trace.violation("WaitTask failed: to the host that is an end");
                        return None;
                    }
                },
                () = self.see_to(held), if !seen_to => seen_to = true,
                () = self.world.clock.sleep(until_stop), if !stopped => stopped = self.stop(held).await,
            }
        }
    }

    /// What a host and its people do with a task that runs.
    async fn see_to(&self, held: &Held) {
        let (world, plugin, id) = (&self.world, &held.plugin, held.id());
        world.clock.sleep(SOON).await;
        disaster::at(world, Moment::Running, &self.name);
        self.trouble_logs(Moment::Running);
        if self.disorder(Moment::Started, plugin, id).await {
            held.disordered.store(true, Ordering::Relaxed);
        }
        let signal = rpc(world, plugin, Verb::Signal, plugin.driver.signal_task(id, Signal::HUP)).await;
        drop(signal.map(|answer| told(world, "SignalTask", answer)));
        self.enter(held).await;
        self.stream_exec(held).await;
        self.sample(held).await;
        if world.host_fault(Moment::Running, Fault::StatsReaderStuck) {
            *locked(&held.unread) = plugin.driver.task_stats(id, Duration::from_secs(1)).ok();
        }
    }

    async fn enter(&self, held: &Held) {
        let (world, plugin) = (&self.world, &held.plugin);
        let must = self.is_well(held).await;
        let command = vec!["echo".to_owned(), "hello".to_owned()];
        let exec = plugin.driver.exec_task(held.id(), command, Duration::from_secs(10));
        let answer = rpc(world, plugin, Verb::Exec, exec).await;
        match &answer {
            Some(Ok(output)) if (output.exit_code, output.stdout.as_slice()) == (0, b"hello\n") => {}
            Some(Ok(output)) if output.exit_code != 137 => {
                world.trace.violation(&format!("a command ended with {}", output.exit_code));
            }
            answer if must && self.is_well(held).await => {
                world.trace.violation(&format!("ExecTask though nothing goes wrong: {answer:?}"));
            }
            _ => {}
        }
    }

    async fn stream_exec(&self, held: &Held) {
        let (world, plugin) = (&self.world, &held.plugin);
        let spec = ExecSpec { command: vec!["cat".to_owned()], tty: false, stdin: true };
        if let Some(Ok(mut session)) =
            rpc(world, plugin, Verb::Exec, plugin.driver.exec_streaming(held.id(), &spec)).await
        {
            // A broken session is the caller's to see; it must only not stay for ever.
            let talk = async {
                session.control.write(b"x").await.ok()?;
                session.control.close_stdin().await.ok()?;
                while session.events.next().await?.is_ok() {}
                Some(())
            };
            let _ = within(&*world.clock, SOON, talk).await;
        }
    }

    async fn sample(&self, held: &Held) {
        let (world, plugin) = (&self.world, &held.plugin);
        let must = self.is_well(held).await;
        let Ok(mut samples) = plugin.driver.task_stats(held.id(), Duration::from_secs(1)) else { return };
        let sample = rpc(world, plugin, Verb::Stats, within(&*world.clock, SOON, samples.next())).await;
        let came = matches!(sample, Some(Ok(Some(_))));
        world.trace.tell("nomad", &format!("stats: {came}"));
        if !came && must && self.is_well(held).await {
            world.trace.violation("no usage of a task though nothing goes wrong");
        }
    }

    /// Asks for the end; true once the task has been told.
    async fn stop(&self, held: &Held) -> bool {
        let (world, moment, plugin) = (&self.world, Moment::BeforeStop, &held.plugin);
        disaster::at(world, moment, &self.name);
        self.trouble_logs(moment);
        let (later, name) = (Arc::clone(world), self.name.clone());
        let stopping = tokio::spawn(async move {
            later.clock.sleep(Duration::from_millis(500)).await;
            disaster::at(&later, Moment::Stopping, &name);
        });
        let call = || plugin.driver.stop_task(held.id(), self.task.kill_timeout, self.task.kill_signal);
        if world.host_fault(moment, Fault::RpcCancelled) {
            drop(rpc(world, plugin, Verb::Stop, within(&*world.clock, self.patience(), call())).await);
        }
        let answer = if world.host_fault(moment, Fault::RpcRepeated) {
            rpc(world, plugin, Verb::Stop, join(call(), call())).await.map(|(one, other)| one.and(other))
        } else {
            rpc(world, plugin, Verb::Stop, call()).await
        };
        stopping.abort();
        match answer.map(|answer| told(world, "StopTask", answer)) {
            Some(Err(_)) => {
                world.trace.violation("StopTask failed");
                true
            }
            Some(Ok(())) => true,
            None => false,
        }
    }

    /// A request at the wrong time: an error or nothing, never an effect, never a panic.
    /// True if one was made.
    async fn disorder(&self, moment: Moment, plugin: &Plugin, id: &TaskId) -> bool {
        let world = &self.world;
        // What an earlier try has left may rightly be destroyed.
        let is_new = moment != Moment::BeforeStart || world.truth.left_of(id).is_empty();
        if !is_new || !world.host_fault(moment, Fault::RpcOutOfOrder) {
            return false;
        }
        let refused = async |what: &str, answer: Option<Result<(), DriverError>>| {
            if let Some(Ok(())) = answer.map(|answer| told(world, what, answer)) {
                world.trace.violation(&format!("{what} at the wrong time was accepted"));
            }
        };
        let early = rpc(world, plugin, Verb::Destroy, plugin.driver.destroy_task(id, false)).await;
        refused("DestroyTask", early).await;
        if moment == Moment::BeforeStart {
            let grace = Duration::from_secs(1);
            refused(
                "StopTask",
                rpc(world, plugin, Verb::Stop, plugin.driver.stop_task(id, grace, None)).await,
            )
            .await;
            let waited = rpc(world, plugin, Verb::Start, plugin.driver.wait_task(id)).await;
            refused("WaitTask", waited.map(|answer| answer.map(drop))).await;
        }
        true
    }

    fn trouble_logs(&self, moment: Moment) {
        for fault in [Fault::LogReaderStuck, Fault::LogReaderGone] {
            if self.world.host_fault(moment, fault) {
                disaster::strike(&self.world, fault, None, &self.name);
            }
        }
    }

    /// How long a host waits that is about to give up.
    pub(super) fn patience(&self) -> Duration {
        self.world.weather.draw().between(Duration::ZERO, Duration::from_secs(3))
    }
}

/// Once, or twice at the same time with the same answer.
pub(super) async fn maybe_twice<F>(twice: bool, call: impl Fn() -> F) -> Result<(), DriverError>
where
    F: Future<Output = Result<(), DriverError>>,
{
    if !twice {
        return call().await;
    }
    let (one, other) = join(call(), call()).await;
    one.and(other)
}
