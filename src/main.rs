//! Composition only: which adapters, wired how.

#[cfg(feature = "cli")]
use nomad_driver_podman::adapters::cli;
use nomad_driver_podman::adapters::credentials::HostCredentials;
use nomad_driver_podman::adapters::memory::MemoryConnector;
use nomad_driver_podman::adapters::nomad::host::PluginHost;
use nomad_driver_podman::adapters::nomad::process::ComposeError;
use nomad_driver_podman::adapters::nomad::serve::Plugin;
use nomad_driver_podman::adapters::nomad::service::{BaseService, DriverService};
use nomad_driver_podman::adapters::nomad::{handshake, keeper, process};
use nomad_driver_podman::adapters::podman::PodmanConnector;
use nomad_driver_podman::adapters::system::SystemClock;
use nomad_driver_podman::driver::Driver;
use nomad_driver_podman::ports::{Clock, NomadHost, RuntimeConnector};
use std::{process::ExitCode, sync::Arc};

fn main() -> ExitCode {
    let env = |name: &str| std::env::var_os(name);
    if let Some(end) = keeper::main(std::env::args_os()) {
        return end;
    }
    if handshake::launched_by_host(&env) {
        return process::run(&env, |_| plugin(&env));
    }
    #[cfg(feature = "cli")]
    return cli::entry::main(play, nomad_driver_podman::simulation::command::simulate);
    #[cfg(not(feature = "cli"))]
    return process::not_for_a_shell();
}

/// The driver as Nomad starts it. `args = ["--runtime=memory"]` in the agent's plugin block simulates.
fn plugin(env: handshake::Env<'_>) -> Result<Plugin<BaseService, DriverService>, ComposeError> {
    let in_memory = std::env::args().any(|argument| argument == "--runtime=memory");
    let host = Arc::new(if in_memory { PluginHost::new() } else { PluginHost::lasting(env) });
    let driver = driver(in_memory, host.clone())?;
    Ok(Plugin { base: BaseService::new(driver.clone()), driver: DriverService::new(driver, host) })
}

/// The same driver, with a person for a host.
#[cfg(feature = "cli")]
fn play(args: cli::args::RunArgs) -> Result<u8, cli::entry::RunError> {
    let config = args.plugin_config();
    let in_memory = args.runtime() == cli::args::RuntimeChoice::Memory;
    let session = cli::session::Session::prepare(args, Arc::new(SystemClock))?;
    cli::entry::block_on(async {
        let driver = driver(in_memory, session.host())?;
        driver.configure(config, None)?;
        Ok(session.play(Arc::new(driver)).await?)
    })
}

fn driver(in_memory: bool, host: Arc<dyn NomadHost>) -> Result<Driver, ComposeError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let connector: Arc<dyn RuntimeConnector> = match in_memory {
        true => Arc::new(MemoryConnector::new(Arc::clone(&clock))),
        false => Arc::new(PodmanConnector::new(Arc::clone(&clock))),
    };
    Ok(Driver::with_credentials(connector, host, Arc::new(HostCredentials::new(clock.clone())), clock)?)
}
