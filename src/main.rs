//! Composition only: which adapters, wired how.

use nomad_driver_podman::adapters::memory::MemoryConnector;
use nomad_driver_podman::adapters::nomad::handshake::{self, HostOffer};
use nomad_driver_podman::adapters::nomad::hclog;
use nomad_driver_podman::adapters::nomad::host::PluginHost;
use nomad_driver_podman::adapters::nomad::serve::{Plugin, serve};
use nomad_driver_podman::adapters::nomad::service::{BaseService, DriverService};
use nomad_driver_podman::adapters::system::SystemClock;
use nomad_driver_podman::driver::Driver;
use nomad_driver_podman::ports::{Clock, RuntimeConnector};
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    let env = |name: &str| std::env::var_os(name);
    let done = if handshake::launched_by_host(&env) { plugin(HostOffer::from_env(&env)) } else { Ok(()) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be left to read it.
            drop(writeln!(io::stderr(), "nomad-driver-podman: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn plugin(offer: Result<HostOffer, handshake::HandshakeError>) -> Result<(), Box<dyn Error>> {
    hclog::install(hclog::wall_clock)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let connector: Arc<dyn RuntimeConnector> = Arc::new(MemoryConnector::new(Arc::clone(&clock)));
    let host = Arc::new(PluginHost::new());
    let driver = Driver::new(connector, host.clone(), clock)?;
    let services =
        Plugin { base: BaseService::new(driver.clone()), driver: DriverService::new(driver, host) };
    let served = runtime.block_on(serve(&offer?, services, io::stdout(), CancellationToken::new()));
    // Streams of the host may still be open; they end with the process.
    runtime.shutdown_background();
    Ok(served?)
}
