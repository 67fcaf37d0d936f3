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
    ExitCode::SUCCESS
}

fn plugin() -> Result<Plugin<BaseService, DriverService>, ComposeError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let connector: Arc<dyn RuntimeConnector> = Arc::new(MemoryConnector::new(Arc::clone(&clock)));
    let host = Arc::new(PluginHost::new());
    let driver = Driver::new(connector, host.clone(), clock)?;
    Ok(Plugin { base: BaseService::new(driver.clone()), driver: DriverService::new(driver, host) })
}
