//! One world: its time, its Podman, its weather, what is true in it, and the plugin that lives in it.

use super::clock::VirtualClock;
use super::collector::Collector;
use super::endings::Endings;
use super::fault::{Fault, Moment};
use super::faulty::Faulty;
use super::host::SimHost;
use super::locked;
use super::rng::Rng;
use super::trace::{CANARY, Trace};
use super::truth::Truth;
use super::weather::{Forecast, Weather};
use crate::adapters::memory::MemoryRuntime;
use crate::domain::config::PluginConfig;
use crate::domain::config::plugin::Endpoint;
use crate::domain::time::Timestamp;
use crate::driver::Driver;
use crate::ports::{Clock, ContainerRuntime, RuntimeConnector, RuntimeError};
use async_trait::async_trait;
use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Calls of the runtime in one world: far above what a world needs. A driver that asks more often runs in circles.
const CALLS_MAX: u64 = 100_000;

/// How long the host needs to notice that a plugin is gone and to start another.
const RELAUNCH: Duration = Duration::from_secs(1);

/// See the module.
pub struct World {
    /// Its time.
    pub clock: Arc<VirtualClock>,
    /// What was seen of it.
    pub trace: Arc<Trace>,
    /// What goes wrong.
    pub weather: Weather,
    /// What is so.
    pub truth: Arc<Truth>,
    /// The true Podman, which only people use directly.
    pub podman: MemoryRuntime,
    /// What the host has got of the tasks' output.
    pub collector: Collector,
    /// What was told of the ends of tasks.
    pub endings: Endings,
    /// Until when the host's log collector stands still, or is away.
    pub log_trouble: Mutex<LogTrouble>,
    config: PluginConfig,
    plugin: tokio::sync::Mutex<Option<Arc<Plugin>>>,
    calls: AtomicU64,
    own: Weak<World>,
}

/// What is wrong with the host's log collector, and until when.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogTrouble {
    /// It reads nothing.
    pub stuck_until: Duration,
    /// It is not there.
    pub gone_until: Duration,
}

/// One life of the plugin.
pub struct Plugin {
    /// What it runs.
    pub driver: Driver,
    /// Ends when it is killed.
    pub life: CancellationToken,
    /// Counted from 1.
    pub generation: u64,
}

impl World {
    /// A world with nothing in it yet.
    pub fn new(
        clock: Arc<VirtualClock>,
        forecast: Forecast,
        config: PluginConfig,
        rng: &mut Rng,
    ) -> Arc<Self> {
        let trace = Arc::new(Trace::new(Arc::clone(&clock)));
        let truth = Arc::new(Truth::new(Arc::clone(&clock), Arc::clone(&trace)));
        let observed = Arc::clone(&truth);
        let podman = MemoryRuntime::new(Arc::clone(&clock) as Arc<dyn Clock>)
            .without_host()
            .observed(Arc::new(move |happening| observed.happened(happening)));
        Arc::new_cyclic(|own| Self {
            weather: Weather::new(Arc::clone(&clock), forecast, rng.fork()),
            clock,
            trace,
            truth,
            podman,
            collector: Collector::default(),
            endings: Endings::default(),
            log_trouble: Mutex::default(),
            config,
            plugin: tokio::sync::Mutex::new(None),
            calls: AtomicU64::new(0),
            own: own.clone(),
        })
    }

    /// Itself, for tasks that outlive a call.
    pub fn own(&self) -> Option<Arc<Self>> {
        self.own.upgrade()
    }

    /// The plugin that lives; the host starts another if it must.
    ///
    /// # Errors
    /// The driver cannot be made.
    pub async fn plugin(&self) -> Result<Arc<Plugin>, RuntimeError> {
        let mut slot = self.plugin.lock().await;
        let before = match &*slot {
            Some(plugin) if !plugin.life.is_cancelled() => return Ok(Arc::clone(plugin)),
            Some(plugin) => plugin.generation,
            None => 0,
        };
        *slot = None;
        self.clock.sleep(RELAUNCH).await;
        let plugin = Arc::new(self.launch(before + 1)?);
        *slot = Some(Arc::clone(&plugin));
        Ok(plugin)
    }

    /// Kills the plugin that lives, if any.
    pub fn kill_plugin(&self) {
        if let Ok(slot) = self.plugin.try_lock()
            && let Some(plugin) = &*slot
        {
            plugin.life.cancel();
        }
    }

    fn launch(&self, generation: u64) -> Result<Plugin, RuntimeError> {
        let life = CancellationToken::new();
        let clock: Arc<dyn Clock> =
            Arc::new(MortalClock { clock: Arc::clone(&self.clock), life: life.clone() });
        let world = self.own().ok_or_else(|| {
            RuntimeError::new("launch", "", crate::ports::ErrorKind::Internal, "the world has ended")
        })?;
        let connector = Arc::new(Connector(Arc::new(Faulty::new(Arc::clone(&world), life.clone()))));
        let host = Arc::new(SimHost::new(world, life.clone()));
        let driver = Driver::new(connector, host, clock)?;
        // The only error is an endpoint of an unknown wire, and there is none here.
        drop(driver.configure(self.config.clone(), None));
        self.trace.tell("nomad", &format!("plugin {generation} started"));
        Ok(Plugin { driver, life, generation })
    }

    /// Nothing strikes any more, and nothing that has struck is still felt: what is asked for now must succeed.
    pub fn is_quiet(&self) -> bool {
        self.weather.is_quiet() && self.podman.is_up()
    }

    /// Whether this fault of the host strikes at this moment, told.
    pub fn host_fault(&self, moment: Moment, fault: Fault) -> bool {
        let strikes = self.weather.in_host(moment, fault);
        if strikes {
            self.trace.tell("FAULT", &format!("{} at {moment:?}", fault.name()));
        }
        strikes
    }

    /// One more call of the runtime.
    pub fn count_call(&self) {
        if self.calls.fetch_add(1, Ordering::Relaxed) == CALLS_MAX {
            self.trace.violation("the driver runs in circles: too many calls of the runtime");
        }
    }

    /// Whether ended containers stay.
    pub fn keeps_containers(&self) -> bool {
        !self.config.remove_containers
    }

    /// Whether stopped containers are started again by recovery.
    pub fn recovers_stopped(&self) -> bool {
        self.config.recover_stopped
    }

    /// Nothing goes wrong any more, and what was wrong is mended.
    pub fn calm_down(&self) {
        self.trace.tell("world", "faults stop");
        self.weather.calm();
        *locked(&self.log_trouble) = LogTrouble::default();
        self.podman.restart();
        for id in self.truth.ours(true) {
            // Most are not paused.
            drop(self.podman.unpause(&id));
        }
    }

    /// The end of the world: nothing holds on to it any more.
    pub async fn end(&self) {
        self.plugin.lock().await.take();
    }

    /// Checks a text that anybody may read.
    pub fn must_be_clean(&self, what: &str, text: &str) {
        if text.contains(CANARY) {
            self.trace.violation(&format!("a secret is in {what}"));
        }
    }
}

/// The clock of a plugin that may be killed: nothing wakes the dead.
struct MortalClock {
    clock: Arc<VirtualClock>,
    life: CancellationToken,
}

#[async_trait]
impl Clock for MortalClock {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::select! {
            biased;
            () = self.life.cancelled() => pending().await,
            () = self.clock.sleep(duration) => {}
        }
    }

    fn entropy(&self) -> u64 {
        self.clock.entropy()
    }
}

struct Connector(Arc<Faulty>);

impl RuntimeConnector for Connector {
    fn connect(&self, _: Option<&Endpoint>) -> Result<Arc<dyn ContainerRuntime>, RuntimeError> {
        Ok(Arc::clone(&self.0) as Arc<dyn ContainerRuntime>)
    }
}
