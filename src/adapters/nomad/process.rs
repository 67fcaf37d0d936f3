//! The process around the server: logs, runtime, exit code.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use super::{
    handshake::{Env, HandshakeError, HostOffer, NOT_FOR_A_SHELL},
    hclog,
    proto::{base::base_plugin_server::BasePlugin, driver::driver_server::Driver},
    serve::{Plugin, ServeError, serve},
};

/// One thread can be held up by a slow file system while the other still answers the host.
const WORKERS: usize = 2;

/// How long a thread that has waited for a file waits for the next one: each has a stack and a heap of its own.
const THREAD_IDLE: Duration = Duration::from_secs(1);

/// Why the caller could not put the plugin together.
pub type ComposeError = Box<dyn Error + Send + Sync>;

/// Why the process ends with an error.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The host's offer cannot be taken.
    #[error(transparent)]
    Offer(#[from] HandshakeError),
    /// No threads.
    #[error("cannot start the runtime: {0}")]
    Runtime(#[source] io::Error),
    /// The parts do not fit together.
    #[error("cannot put the driver together: {0}")]
    Compose(#[source] ComposeError),
    /// The server failed, at its start or later.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// Runs the plugin until the host ends it; an error becomes one line of the host's log.
///
/// `compose` is called inside the runtime, before the handshake line: it wires and does not wait. Its token is
/// cancelled when the process is about to end. Blocking work that is under way then is not waited for.
///
/// Nomad plugin protocol: a plugin that does not get to its line stops the whole agent from starting, so
/// nothing on the way there depends on Podman.
pub fn run<B: BasePlugin, D: Driver>(
    env: Env<'_>,
    compose: impl FnOnce(&CancellationToken) -> Result<Plugin<B, D>, ComposeError>,
) -> ExitCode {
    // Whoever set logging up before us keeps it.
    let _ = hclog::install(hclog::wall_clock);
    match attempt(env, compose) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = &error as &(dyn Error + 'static), "this plugin ends");
            ExitCode::FAILURE
        }
    }
}

/// What a build without subcommands says to a person.
pub fn not_for_a_shell() -> ExitCode {
    // Nobody may be left to read it.
    drop(io::stderr().write_all(NOT_FOR_A_SHELL.as_bytes()));
    ExitCode::FAILURE
}

fn attempt<B: BasePlugin, D: Driver>(
    env: Env<'_>,
    compose: impl FnOnce(&CancellationToken) -> Result<Plugin<B, D>, ComposeError>,
) -> Result<(), RunError> {
    let offer = HostOffer::from_env(env)?;
    raise_descriptor_limit();
    let runtime = runtime().map_err(RunError::Runtime)?;
    let served = runtime.block_on(async {
        let shutdown = CancellationToken::new();
        let plugin = compose(&shutdown).map_err(RunError::Compose)?;
        serve(&offer, plugin, io::stdout(), shutdown).await.map_err(RunError::Serve)
    });
    runtime.shutdown_background();
    served
}

/// A running task takes some ten descriptors, and agents often run with a soft limit of 1024. Our one child, the log
/// keeper, needs the higher one as well.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::debug!(%error, "the limit of open files stays where it is");
    }
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(WORKERS).thread_keep_alive(THREAD_IDLE).enable_all().build()
}
