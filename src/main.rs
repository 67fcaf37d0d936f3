//! Composition only: which adapters, wired how.

use nomad_driver_podman::adapters::memory::MemoryConnector;
use nomad_driver_podman::adapters::nomad::host::PluginHost;
use nomad_driver_podman::adapters::nomad::process::ComposeError;
use nomad_driver_podman::adapters::nomad::serve::Plugin;
use nomad_driver_podman::adapters::nomad::service::{BaseService, DriverService};
use nomad_driver_podman::adapters::nomad::{handshake, process};
use nomad_driver_podman::adapters::system::SystemClock;
use nomad_driver_podman::driver::Driver;
use nomad_driver_podman::ports::{Clock, RuntimeConnector};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let env = |name: &str| std::env::var_os(name);
    if handshake::launched_by_host(&env) {
        return process::run(&env, |_| plugin());
    }
    #[cfg(feature = "cli")]
    return person::main();
    #[cfg(not(feature = "cli"))]
    ExitCode::FAILURE
}

fn plugin() -> Result<Plugin<BaseService, DriverService>, ComposeError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let connector: Arc<dyn RuntimeConnector> = Arc::new(MemoryConnector::new(Arc::clone(&clock)));
    let host = Arc::new(PluginHost::new());
    let driver = Driver::new(connector, host.clone(), clock)?;
    Ok(Plugin { base: BaseService::new(driver.clone()), driver: DriverService::new(driver, host) })
}

/// The same driver between a person and a runtime.
#[cfg(feature = "cli")]
mod person {
    use super::{Arc, Clock, Driver, ExitCode, MemoryConnector, RuntimeConnector, SystemClock};
    use nomad_driver_podman::adapters::cli::args::{RunArgs, RuntimeChoice};
    use nomad_driver_podman::adapters::cli::entry::{self, RunError};
    use nomad_driver_podman::adapters::cli::session::Session;

    pub fn main() -> ExitCode {
        entry::main(|args| entry::block_on(run(args)))
    }

    async fn run(args: RunArgs) -> Result<u8, RunError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let connector: Arc<dyn RuntimeConnector> = match args.runtime() {
            RuntimeChoice::Memory => Arc::new(MemoryConnector::new(Arc::clone(&clock))),
            RuntimeChoice::Podman => return Err("this build has no adapter for Podman".into()),
        };
        let config = args.plugin_config();
        let session = Session::prepare(args, Arc::clone(&clock))?;
        let driver = Driver::new(connector, session.host(), clock)?;
        driver.configure(config, None)?;
        Ok(session.play(Arc::new(driver)).await?)
    }
}
