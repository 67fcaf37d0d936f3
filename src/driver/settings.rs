//! What SetConfig decided, and what the runtimes said about themselves.

use super::error::DriverError;
use super::gate::Gate;
use crate::domain::config::PluginConfig;
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::stats::Compute;
use crate::ports::{Clock, ContainerRuntime, NomadHost, RuntimeConnector, RuntimeError};
use std::sync::{Arc, Mutex, PoisonError};

/// One configuration. Clones share the remembered facts.
#[derive(Clone)]
pub struct Settings {
    /// The operator's decisions.
    pub plugin: Arc<PluginConfig>,
    /// The node's compute power, if the host told.
    pub compute: Option<Compute>,
    /// Where tasks run, in the order of the configuration; at least one.
    sockets: Arc<[Socket]>,
}

/// One runtime that tasks may name.
#[derive(Clone)]
pub struct Socket {
    /// What tasks call it.
    pub name: String,
    /// Tasks that name none run here.
    pub is_default: bool,
    /// Who is there, behind the gate.
    pub runtime: Arc<dyn ContainerRuntime>,
    /// The gate itself.
    gate: Arc<Gate>,
    facts: Arc<Mutex<Option<RuntimeFacts>>>,
}

impl Settings {
    /// Finds the runtimes of a configuration; connects to nothing.
    pub fn new(
        connector: &dyn RuntimeConnector,
        clock: &Arc<dyn Clock>,
        plugin: PluginConfig,
        compute: Option<Compute>,
    ) -> Result<Self, RuntimeError> {
        let default = plugin.default_socket();
        let socket = |(at, socket): (usize, &crate::domain::config::plugin::Socket)| {
            let gate = Arc::new(Gate::new(connector.connect(socket.endpoint.as_ref())?, clock));
            Ok(Socket {
                name: socket.name.clone(),
                is_default: at == default,
                runtime: Arc::clone(&gate) as Arc<dyn ContainerRuntime>,
                gate,
                facts: Arc::default(),
            })
        };
        let sockets = plugin.sockets.iter().enumerate().map(socket).collect::<Result<_, _>>()?;
        Ok(Self { plugin: Arc::new(plugin), compute, sockets })
    }

    /// All of them.
    pub fn sockets(&self) -> &[Socket] {
        &self.sockets
    }

    /// The one that a task asks for.
    pub fn socket(&self, name: Option<&str>) -> Result<&Socket, DriverError> {
        let wanted = |socket: &&Socket| match name {
            Some(name) => socket.name == name,
            None => socket.is_default,
        };
        self.sockets.iter().find(wanted).ok_or_else(|| DriverError::UnknownSocket {
            name: name.unwrap_or_default().to_owned(),
            known: self.sockets.iter().map(|socket| socket.name.clone()).collect::<Vec<_>>().join(", "),
        })
    }

    /// Number of CPU cores: as Nomad counts them, which tasks' shares refer to, else as the host sees them.
    pub fn cores(&self, host: &dyn NomadHost) -> u32 {
        let told = self.compute.map(|compute| compute.cores).filter(|cores| *cores > 0);
        told.unwrap_or_else(|| host.cores())
    }
}

impl Socket {
    /// Asks the runtime what it is and remembers the answer.
    pub async fn probe(&self) -> Result<RuntimeFacts, RuntimeError> {
        let facts = self.runtime.probe().await?;
        *self.facts.lock().unwrap_or_else(PoisonError::into_inner) = Some(facts.clone());
        Ok(facts)
    }

    /// The remembered answer; asks only when there is none, such as for a task that starts before the first
    /// fingerprint.
    pub async fn facts(&self) -> Result<RuntimeFacts, RuntimeError> {
        match self.remembered() {
            Some(facts) => Ok(facts),
            None => self.probe().await,
        }
    }

    /// Answers of any kind so far.
    pub fn answers(&self) -> u64 {
        self.gate.answers()
    }

    /// What the runtime last said, if it ever did.
    pub fn remembered(&self) -> Option<RuntimeFacts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
