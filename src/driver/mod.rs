//! The application: Nomad's verbs carried out on the ports, one verb per file.
//!
//! Lives here: the order of calls, retries, who owns which container. Must not live here: rules about tasks
//! (`domain`), wires, or the real clock.
//!
//! Every started task has one owner (`owner`), a tokio task that alone steps the task's
//! [machine](crate::domain::task::machine) and changes its container; everybody else sends it commands and
//! watches its status. The registry maps task ids to owners.

pub mod error;

mod confine;
mod create;
mod destroy;
mod exec;
mod find;
mod fingerprint;
mod inspect;
mod logs;
mod losses;
mod outlet;
mod owner;
mod recover;
mod registry;
mod retry;
mod settings;
mod signal;
mod start;
mod stats;
mod stop;
mod wait;

pub use error::DriverError;
pub use exec::ExecOutput;
pub use start::{DriverNetwork, Started};

use crate::domain::config::PluginConfig;
use crate::domain::stats::Compute;
use crate::domain::task::TaskRequest;
use crate::ports::{Clock, Credentials, NoCredentials, NomadHost, RuntimeConnector, RuntimeError, TaskEvent};
use find::Lost;
use registry::Registry;
use settings::Settings;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The driver. Clones share everything; dropping the last one leaves containers alone.
#[derive(Clone)]
pub struct Driver {
    shared: Arc<Shared>,
}

struct Shared {
    connector: Arc<dyn RuntimeConnector>,
    host: Arc<dyn NomadHost>,
    credentials: Arc<dyn Credentials>,
    clock: Arc<dyn Clock>,
    settings: RwLock<Settings>,
    registry: Registry,
    lost: Lost,
}

impl Driver {
    /// A driver with the default configuration. Connects to nothing.
    ///
    /// # Errors
    /// The build has no runtime for the default endpoint.
    pub fn new(
        connector: Arc<dyn RuntimeConnector>,
        host: Arc<dyn NomadHost>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RuntimeError> {
        Self::with_credentials(connector, host, Arc::new(NoCredentials), clock)
    }

    /// As [`Driver::new`], with accounts for pulling images.
    ///
    /// # Errors
    /// The build has no runtime for the default endpoint.
    pub fn with_credentials(
        connector: Arc<dyn RuntimeConnector>,
        host: Arc<dyn NomadHost>,
        credentials: Arc<dyn Credentials>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RuntimeError> {
        let settings = RwLock::new(Settings::new(&*connector, PluginConfig::default(), None)?);
        let (registry, lost) = (Registry::default(), Lost::default());
        Ok(Self {
            shared: Arc::new(Shared { connector, host, credentials, clock, settings, registry, lost }),
        })
    }

    /// Takes over a new configuration; running tasks keep the runtime they were started on. Connects to
    /// nothing, so it cannot fail for a Podman that is down (a failing SetConfig stops the whole agent).
    ///
    /// # Errors
    /// The endpoint cannot be spoken to by this build.
    pub fn configure(&self, plugin: PluginConfig, compute: Option<Compute>) -> Result<(), DriverError> {
        let new = Settings::new(&*self.shared.connector, plugin, compute)
            .map_err(|source| DriverError::runtime("configure the driver", source))?;
        *self.shared.settings.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    fn settings(&self) -> Settings {
        self.shared.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Shared {
    fn tell(&self, task: &TaskRequest, message: impl Into<String>, annotations: &[(&str, &str)]) {
        let annotations: BTreeMap<String, String> =
            annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        self.host.emit(TaskEvent {
            task_id: task.id.clone(),
            alloc_id: task.meta.alloc_id.clone(),
            task_name: task.meta.task_name.clone(),
            at: self.clock.now(),
            message: message.into(),
            annotations,
        });
    }
}
