//! The application: Nomad's verbs carried out on the ports, one verb per file.
//!
//! Lives here: the order of calls, retries, who owns which container. Must not live here: rules about tasks
//! (`domain`), wires, or the real clock.
//!
//! Every started task has one owner (`owner`), a tokio task that alone steps the task's
//! [machine](crate::domain::task::machine) and changes its container; everybody else sends it commands and
//! watches its status. The registry maps task ids to owners.

pub mod error;

mod board;
mod confine;
mod create;
mod destroy;
mod ending;
mod events;
mod exec;
mod find;
mod fingerprint;
mod first_look;
mod gate;
mod images;
mod inspect;
mod leftover;
mod logs;
mod losses;
mod outlet;
mod owner;
mod patience;
mod pump;
mod reaper;
mod recover;
mod registry;
mod removal;
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
use crate::ports::{Clock, Credentials, NoCredentials, NomadHost, RuntimeConnector, RuntimeError};
use find::Lost;
use images::Images;
use reaper::Heard;
use registry::Registry;
use settings::Settings;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::task::JoinSet;

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
    images: Images,
    heard: Heard,
    /// Of the present configuration.
    reapers: Mutex<JoinSet<()>>,
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
        let settings = RwLock::new(Settings::new(&*connector, &clock, PluginConfig::default(), None)?);
        let (registry, lost, images) = (Registry::default(), Lost::default(), Images::default());
        let (heard, reapers) = (Heard::default(), Mutex::default());
        Ok(Self {
            shared: Arc::new(Shared {
                connector,
                host,
                credentials,
                clock,
                settings,
                registry,
                lost,
                images,
                heard,
                reapers,
            }),
        })
    }

    /// Takes over a new configuration; running tasks keep the runtime they were started on. Connects to
    /// nothing, so it cannot fail for a Podman that is down (a failing SetConfig stops the whole agent). Must be
    /// called from within a tokio runtime: from here on the driver cleans up (`gc`).
    ///
    /// # Errors
    /// The endpoint cannot be spoken to by this build.
    pub fn configure(&self, plugin: PluginConfig, compute: Option<Compute>) -> Result<(), DriverError> {
        let new = Settings::new(&*self.shared.connector, &self.shared.clock, plugin, compute)
            .map_err(|source| DriverError::runtime("configure the driver", source))?;
        let reapers = reaper::spawn(&self.shared, &new);
        *self.shared.reapers.lock().unwrap_or_else(PoisonError::into_inner) = reapers;
        *self.shared.settings.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    fn settings(&self) -> Settings {
        self.shared.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
