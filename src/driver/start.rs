//! StartTask: running and tracked, or an error and no container.

use super::create::Creation;
use super::error::DriverError;
use super::logs::LogPump;
use super::owner::{self, NewOwner};
use super::registry::Reservation;
use super::settings::Settings;
use super::{Driver, confine, logs};
use crate::domain::config::TaskConfig;
use crate::domain::container::{ContainerFacts, ContainerSpec, ContainerState, Node, plan};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::limits::FINGERPRINT_TIMEOUT;
use crate::domain::log::LogStart;
use crate::domain::signal::Signal;
use crate::domain::task::identity::ContainerId;
use crate::domain::task::{Handle, Input, Machine, TaskRequest};
use crate::ports::clock::within;
use crate::ports::{ErrorKind, RuntimeError};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::oneshot;

/// A task that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// For the host to keep.
    pub handle: Handle,
    /// The network that the runtime made for the task; `None` if it made none.
    pub network: Option<DriverNetwork>,
}

/// What services of the task may be registered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverNetwork {
    /// The container's address.
    pub ip: String,
    /// Port inside the container by label.
    pub port_map: BTreeMap<String, u16>,
}

/// Name of the one socket there is; several come with named sockets.
pub const DEFAULT_SOCKET: &str = "default";

impl Driver {
    /// Starts a task: pulls its image if need be, creates and starts its container, and watches it.
    ///
    /// Runs to its end even if the caller goes away; what was started then is taken down again.
    ///
    /// # Errors
    /// Nothing of the task is left, as far as the runtime lets us.
    pub async fn start_task(&self, task: TaskRequest) -> Result<Started, DriverError> {
        let reservation = self.shared.registry.reserve(&task.id)?;
        let (done, started) = oneshot::channel();
        let driver = self.clone();
        tokio::spawn(async move {
            let id = task.id.clone();
            let result = driver.start_reserved(Arc::new(task), reservation).await;
            if let Err(Ok(_unclaimed)) = done.send(result) {
                drop(driver.destroy_task(&id, true).await);
            }
        });
        started.await.map_err(|_| DriverError::ShuttingDown)?
    }

    async fn start_reserved(
        &self,
        task: Arc<TaskRequest>,
        reservation: Reservation,
    ) -> Result<Started, DriverError> {
        let settings = self.settings();
        let (spec, port_map) = self.prepare(&task, &settings).await?;
        let id = Creation {
            shared: &self.shared,
            runtime: &*settings.runtime,
            registry: &self.shared.registry,
            task: &task,
            spec: &spec,
        }
        .run()
        .await?;
        let facts = match self.bring_up(&settings, &id).await {
            Ok(facts) => facts,
            Err(error) => return Err(self.undo(&settings, &id, error).await),
        };
        let handle = Handle {
            socket: DEFAULT_SOCKET.to_owned(),
            container: id,
            name: spec.name,
            started_at: facts.started_at,
        };
        let logs = self.pump(&task, &settings, &facts, LogStart::Beginning);
        reservation.fill(self.own(task, &settings, &facts, logs));
        let network = facts.ip.map(|ip| DriverNetwork { ip, port_map });
        Ok(Started { handle, network })
    }

    async fn prepare(
        &self,
        task: &TaskRequest,
        settings: &Settings,
    ) -> Result<(ContainerSpec, BTreeMap<String, u16>), DriverError> {
        let config = TaskConfig::decode(&task.config)?;
        let runtime = self.runtime_facts(settings).await?;
        let plan = plan(task, &config, Node { plugin: &settings.plugin, runtime: &runtime })?;
        let port_map = plan.port_map.clone();
        let spec = confine::confine(&*self.shared.host, &task.dirs.alloc, plan).await?;
        Ok((spec, port_map))
    }

    /// What the runtime is. One that hangs before it ever answered is given up as soon as by the fingerprint.
    async fn runtime_facts(&self, settings: &Settings) -> Result<RuntimeFacts, DriverError> {
        let (verb, limit) = ("start task", FINGERPRINT_TIMEOUT);
        let facts = within(&*self.shared.clock, limit, settings.facts()).await;
        let facts = facts.map_err(|_| DriverError::TimedOut { verb, limit })?;
        facts.map_err(|error| DriverError::runtime(verb, error))
    }

    /// Starts the container and looks at it once. A reply that was lost is found out by looking.
    async fn bring_up(&self, settings: &Settings, id: &ContainerId) -> Result<ContainerFacts, RuntimeError> {
        let lost = match settings.runtime.start(id).await {
            Ok(_) => None,
            Err(error) if matches!(error.kind, ErrorKind::OutcomeUnknown | ErrorKind::TimedOut) => {
                Some(error)
            }
            Err(error) => return Err(error),
        };
        let facts = settings.runtime.inspect(id.as_str()).await?;
        match (lost, facts.state) {
            (Some(error), ContainerState::Created) => Err(error),
            _ => Ok(facts),
        }
    }

    /// Takes down a container that did not come up; both causes are told if that fails too.
    async fn undo(&self, settings: &Settings, id: &ContainerId, error: RuntimeError) -> DriverError {
        let mut error = error;
        if let Err(left) = owner::remove(&*settings.runtime, &*self.shared.clock, id).await {
            tracing::error!(container = id.as_str(), error = %left, "cannot remove a container that failed to start");
            error.message = format!("{}; and it could not be removed: {left}", error.message);
        }
        DriverError::runtime("start task", error)
    }

    /// Starts passing a container's output on.
    pub(super) fn pump(
        &self,
        task: &TaskRequest,
        settings: &Settings,
        facts: &ContainerFacts,
        from: LogStart,
    ) -> Option<LogPump> {
        let shared = &self.shared;
        logs::spawn(&settings.runtime, &shared.host, &shared.clock, task, &facts.id, from)
    }

    /// Makes an owner for a container that runs or has run.
    pub(super) fn own(
        &self,
        task: Arc<TaskRequest>,
        settings: &Settings,
        facts: &ContainerFacts,
        logs: Option<LogPump>,
    ) -> owner::OwnerRef {
        owner::spawn(NewOwner {
            task,
            container: facts.id.clone(),
            runtime: Arc::clone(&settings.runtime),
            clock: Arc::clone(&self.shared.clock),
            stop_signal: stop_signal(facts),
            started_at: facts.started_at,
            machine: Machine::running(!settings.plugin.remove_containers),
            logs,
        })
    }
}

/// The image's stop signal, or SIGTERM.
pub(super) fn stop_signal(facts: &ContainerFacts) -> Signal {
    facts.stop_signal.as_deref().and_then(|signal| signal.parse().ok()).unwrap_or(Signal::TERM)
}

/// The input of a stop.
pub(super) fn stop_input(signal: Signal, grace: std::time::Duration) -> Input {
    Input::Stop { signal, grace }
}
