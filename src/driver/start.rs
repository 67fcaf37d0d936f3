//! StartTask: running and tracked, or an error and no container.

use super::create::Creation;
use super::error::DriverError;
use super::first_look;
use super::leftover::{self, Leftover};
use super::logs::LogsFrom;
use super::owner::{self, Launch, NewOwner, OwnerRef};
use super::registry::Reservation;
use super::settings::{Settings, Socket};
use super::{Driver, confine, logs};
use crate::domain::config::together::{Around, without_effect};
use crate::domain::config::{Problem, TaskConfig};
use crate::domain::container::labels::Agent;
use crate::domain::container::{ContainerFacts, ContainerState, Node, Plan, plan};
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::last_words::Private;
use crate::domain::limits::FINGERPRINT_TIMEOUT;
use crate::domain::policy;
use crate::domain::task::identity::ContainerId;
use crate::domain::task::{FirstLook, Handle, Machine, Origin, PlacedTask, TaskRequest};
use crate::ports::RuntimeError;
use crate::ports::clock::within;
use crate::ports::runtime::Created;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

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

/// What the task's options say and nothing comes of, in one line.
fn idle(task: &TaskRequest) -> Option<String> {
    let idle = without_effect(&task.config, Around { group_namespace: task.network.is_some() });
    let idle: Vec<String> = idle.iter().map(Problem::to_string).collect();
    (!idle.is_empty()).then(|| idle.join("; "))
}

/// Does `aside` once `work` is under way, which does not wait for it.
async fn beside<T>(work: impl Future<Output = T>, aside: impl FnOnce()) -> T {
    let aside = async {
        tokio::task::yield_now().await;
        aside();
    };
    tokio::join!(work, aside).0
}

impl Driver {
    /// Starts a task: pulls its image if need be, creates and starts its container, and watches it.
    ///
    /// If the caller goes away, a pull is given up; beyond that the start runs to its end, and what was started then
    /// is taken down again.
    ///
    /// # Errors
    /// Nothing of the task is left, as far as the runtime lets us.
    pub async fn start_task(&self, task: TaskRequest) -> Result<Started, DriverError> {
        let reservation = self.shared.registry.reserve(&task.id)?;
        self.shared.heard.task(Agent::of_task(&task));
        let (mut done, started) = oneshot::channel();
        let driver = self.clone();
        tokio::spawn(async move {
            let (id, given_up) = (task.id.clone(), CancellationToken::new());
            let mut start = Box::pin(driver.start_reserved(&task, reservation, &given_up));
            let result = tokio::select! {
                biased;
                result = &mut start => result,
                () = done.closed() => {
                    given_up.cancel();
                    start.await
                }
            };
            let (result, launch) = match result {
                Ok((started, launch)) => (Ok(started), Some(launch)),
                Err(error) => (Err(error), None),
            };
            let unclaimed = matches!(done.send(result), Err(Ok(_)));
            // The answer goes out before what nobody waits for is set going.
            tokio::task::yield_now().await;
            launch.into_iter().for_each(Launch::go);
            if unclaimed {
                drop(driver.destroy_task(&id, true).await);
            }
        });
        started.await.map_err(|_| DriverError::ShuttingDown)?
    }

    async fn start_reserved(
        &self,
        task: &TaskRequest,
        reservation: Reservation,
        given_up: &CancellationToken,
    ) -> Result<(Started, Launch), DriverError> {
        let settings = self.settings();
        let config = TaskConfig::decode(&task.config)?;
        let socket = settings.socket(config.process.socket.as_deref())?;
        let Plan { spec, pull, port_map, notes, .. } = self.prepare(task, &config, &settings, socket).await?;
        let (name, may_have_address) = (spec.name.clone(), spec.network.may_have_address());
        let _image_stays = self.shared.images.need(&socket.name, &pull.image.to_string());
        let mut creation = Creation {
            shared: &self.shared,
            socket: &socket.name,
            runtime: &*socket.runtime,
            task,
            spec,
            pull,
            sources: &settings.plugin.credentials,
            soft_fail: config.image.auth_soft_fail,
            given_up,
            collects: settings.plugin.gc.image,
            unsettled: false,
            external: 0,
        };
        let leftover =
            || Leftover { runtime: Arc::clone(&socket.runtime), name: name.clone(), task: task.id.clone() };
        let created = creation.run().await;
        if created.is_err() && creation.unsettled {
            leftover::watch(&self.shared, leftover());
        }
        let Created { id, warnings } = created?;
        let tell = || {
            let events = self.shared.events(task);
            events.created(&name, &id);
            warnings.iter().for_each(|warning| events.warned(warning));
            notes.iter().chain(&idle(task)).for_each(|note| events.noted(note));
        };
        let facts = match beside(self.bring_up(socket, &id, may_have_address), tell).await {
            Ok(facts) => facts,
            Err(error) => return Err(self.undo(socket, &id, error, leftover()).await),
        };
        let first_look = facts.as_ref().map(FirstLook::from);
        let (owner, launch) =
            self.own(task, &settings, socket, (&id, first_look), LogsFrom::Beginning, false);
        reservation.fill(owner);
        let started_at =
            first_look.map_or_else(|| Some(self.shared.clock.now()), |first_look| first_look.started_at);
        let handle =
            Handle { socket: socket.name.clone(), container: id, name, started_at, origin: Origin::Ours };
        let network = facts.and_then(|facts| facts.ip).map(|ip| DriverNetwork { ip, port_map });
        Ok((Started { handle, network }, launch))
    }

    async fn prepare(
        &self,
        task: &TaskRequest,
        config: &TaskConfig,
        settings: &Settings,
        socket: &Socket,
    ) -> Result<Plan, DriverError> {
        let plugin = &settings.plugin;
        policy::check(&plugin.policy.rules(&task.meta.namespace), config, plugin.default_socket_name())?;
        let runtime = self.runtime_facts(socket).await?;
        let node =
            Node { plugin: &settings.plugin, runtime: &runtime, cores: settings.cores(&*self.shared.host) };
        let mut plan = plan(task, config, node)?;
        confine::confine(&*self.shared.host, &task.dirs.alloc, &mut plan).await?;
        Ok(plan)
    }

    /// What the runtime is. One that hangs before it ever answered is given up as soon as by the fingerprint.
    async fn runtime_facts(&self, socket: &Socket) -> Result<RuntimeFacts, DriverError> {
        let (verb, limit) = ("start task", FINGERPRINT_TIMEOUT);
        let facts = within(&*self.shared.clock, limit, socket.facts()).await;
        let facts = facts.map_err(|_| DriverError::TimedOut { verb, limit })?;
        facts.map_err(|error| DriverError::runtime(verb, error))
    }

    /// Starts the container. What it is then is looked up if the answer needs it, or to find out whether a start took
    /// place whose reply was lost.
    async fn bring_up(
        &self,
        socket: &Socket,
        id: &ContainerId,
        needs_look: bool,
    ) -> Result<Option<ContainerFacts>, RuntimeError> {
        let lost = match socket.runtime.start(id).await {
            Ok(_) if !needs_look => return Ok(None),
            Ok(_) => None,
            Err(error) if error.effect_is_unknown() => Some(error),
            Err(error) => return Err(error),
        };
        let facts = first_look::at(&*socket.runtime, &*self.shared.clock, id).await?;
        match (lost, facts.state) {
            (Some(error), ContainerState::Created) => Err(error),
            _ => Ok(Some(facts)),
        }
    }

    /// Takes down a container that did not come up; both causes are told if that fails too.
    async fn undo(
        &self,
        socket: &Socket,
        id: &ContainerId,
        error: RuntimeError,
        leftover: Leftover,
    ) -> DriverError {
        let mut error = error;
        if let Err(left) = self.shared.clear(&*socket.runtime, id).await {
            tracing::error!(container = id.as_str(), error = %left, "cannot remove a container that failed to start");
            error.message = format!("{}; and it could not be removed yet: {left}", error.message);
            leftover::watch(&self.shared, leftover);
        }
        DriverError::runtime("start task", error)
    }

    /// Makes an owner for a container that runs, or that has run and may have output left.
    pub(super) fn own(
        &self,
        task: &TaskRequest,
        settings: &Settings,
        socket: &Socket,
        (container, first_look): (&ContainerId, Option<FirstLook>),
        logs_from: LogsFrom,
        had_ended: bool,
    ) -> (Arc<OwnerRef>, Launch) {
        let shared = &self.shared;
        let placed = Arc::new(PlacedTask::from(task));
        let logs = logs::are_wanted(settings, &task.dirs)
            .then(|| logs::prepare(shared, &socket.runtime, &placed, container, logs_from))
            .flatten();
        owner::prepare(NewOwner {
            task: placed,
            private: Private::of(&task.env),
            container: container.clone(),
            runtime: Arc::clone(&socket.runtime),
            host: Arc::clone(&shared.host),
            clock: Arc::clone(&shared.clock),
            first_look,
            machine: Machine::running(!settings.plugin.remove_containers),
            logs,
            had_ended,
        })
    }
}
