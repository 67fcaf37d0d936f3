//! What SetConfig decided, and what the runtime said about itself.

use crate::domain::config::PluginConfig;
use crate::domain::fingerprint::RuntimeFacts;
use crate::domain::stats::Compute;
use crate::ports::{ContainerRuntime, RuntimeError};
use std::sync::{Arc, Mutex, PoisonError};

/// One configuration. Clones share the remembered facts.
#[derive(Clone)]
pub struct Settings {
    /// The operator's decisions.
    pub plugin: Arc<PluginConfig>,
    /// The node's compute power, if the host told.
    pub compute: Option<Compute>,
    /// Where new tasks run.
    pub runtime: Arc<dyn ContainerRuntime>,
    facts: Arc<Mutex<Option<RuntimeFacts>>>,
}

impl Settings {
    pub fn new(plugin: PluginConfig, compute: Option<Compute>, runtime: Arc<dyn ContainerRuntime>) -> Self {
        Self { plugin: Arc::new(plugin), compute, runtime, facts: Arc::default() }
    }

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

    /// What the runtime last said, if it ever did.
    pub fn remembered(&self) -> Option<RuntimeFacts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
