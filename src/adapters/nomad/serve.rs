//! From the host's offer to the end of the process.
//!
//! ```text
//! signals caught -> socket listens -> line printed -> serving
//!     -> shutdown cancelled -> socket file gone -> last replies -> return
//! ```

use std::{
    future::Future,
    io::{self, Write},
    pin::Pin,
    time::Duration,
};

use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Router;
use tonic_health::ServingStatus;

#[cfg(feature = "automtls")]
use super::automtls::{self, AutoMtlsError};
use super::{
    accept,
    goplugin::{Broker, Controller, Stdio},
    handshake::{HandshakeError, HostOffer, Versions},
    listener::{self, ListenError, SocketFile},
    patient::Patient,
    proto::{
        base::base_plugin_server::{BasePlugin, BasePluginServer},
        driver::driver_server::Driver,
        goplugin::{
            grpc_broker_server::GrpcBrokerServer, grpc_controller_server::GrpcControllerServer,
            grpc_stdio_server::GrpcStdioServer,
        },
    },
    signals::Signals,
};

/// Nomad plugin protocol: the host's own limit in both directions. A big task's environment passes tonic's 4
/// MiB.
const MESSAGE_BYTES_MAX: usize = i32::MAX as usize;
/// How many calls the host may give up at once before h2 takes it for an attack and cuts the connection, and
/// with it every WaitTask. An agent that stops cancels some calls per task.
const ABANDONED_CALLS_MAX: usize = 1 << 16;
/// How long replies that are under way may take once shutdown was asked for; the host gives 2 s for
/// everything.
const LAST_REPLIES: Duration = Duration::from_millis(100);
/// Nomad plugin protocol: the name that go-plugin hosts ask the health service about.
const HEALTH_NAME: &str = "plugin";

/// Why the plugin could not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No handler for SIGINT or SIGTERM.
    #[error("cannot catch signals: {0}")]
    Signals(#[source] io::Error),
    /// No socket.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// No usable handshake line.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// Nobody reads the handshake line.
    #[error("cannot print the handshake line: {0}")]
    Announce(#[source] io::Error),
    /// The runtime does not take the socket.
    #[error("cannot watch the plugin's socket: {0}")]
    Watch(#[source] io::Error),
    /// No mutual TLS.
    #[cfg(feature = "automtls")]
    #[error(transparent)]
    Tls(#[from] AutoMtlsError),
    /// The server gave up.
    #[error("the plugin's gRPC server failed: {0}")]
    Server(#[from] tonic::transport::Error),
}

/// The two services that know about tasks.
#[derive(Debug)]
pub struct Plugin<B, D> {
    /// What every plugin answers.
    pub base: B,
    /// What a task driver answers.
    pub driver: D,
}

/// Answers the host's offer on `stdout` with exactly one line, then serves until `shutdown` is cancelled: by
/// the host (`GRPCController.Shutdown`), by SIGTERM, or by the caller.
///
/// Needs a tokio runtime with I/O and time. Returns within about 100 ms of the cancellation, whatever streams
/// are open, and the socket's file is gone. Connections still open then end with the runtime: drop that with
/// `shutdown_background`, so that calls under way fail as UNAVAILABLE, which the host takes for "the plugin
/// is gone"; any other ending of a WaitTask would mean to it that the task is. So handlers should not watch
/// `shutdown` to end their streams.
///
/// # Errors
/// Anything that prevents the line, and the server's failure afterwards.
pub async fn serve<B: BasePlugin, D: Driver>(
    offer: &HostOffer,
    plugin: Plugin<B, D>,
    stdout: impl Write,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let signals = Signals::catch().map_err(ServeError::Signals)?;
    let (endpoint, file) = Endpoint::open(offer, stdout)?;
    tokio::spawn(signals.obey(shutdown.clone()));
    warn_of_versions(&offer.versions);

    let router = router(plugin, &shutdown).await;
    let server = endpoint.serve(router, shutdown.clone());
    tokio::select! {
        served = server => Ok(served?),
        () = end(file, &shutdown) => Ok(()),
    }
}

/// Nobody may find the socket any more; those who have may hear the end of their sentence.
async fn end(file: SocketFile, shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    drop(file);
    tokio::time::sleep(LAST_REPLIES).await;
}

fn warn_of_versions(versions: &Versions) {
    if let Versions::Foreign(offered) = versions {
        tracing::warn!(offered, "the host speaks none of this plugin's protocol versions");
    }
}

/// Where connections come from.
struct Endpoint {
    listener: UnixListener,
    #[cfg(feature = "automtls")]
    tls: Option<automtls::Identity>,
}

type Serving = Pin<Box<dyn Future<Output = Result<(), tonic::transport::Error>> + Send>>;

impl Endpoint {
    /// Listens, then says so.
    fn open(offer: &HostOffer, mut stdout: impl Write) -> Result<(Self, SocketFile), ServeError> {
        let (listener, file) = listener::listen(&offer.socket)?;
        let endpoint = Self {
            listener: UnixListener::from_std(listener).map_err(ServeError::Watch)?,
            #[cfg(feature = "automtls")]
            tls: offer.client_cert.as_deref().map(automtls::identity).transpose()?,
        };
        let line = offer.answer(file.path(), endpoint.certificate())?;
        stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()).map_err(ServeError::Announce)?;
        Ok((endpoint, file))
    }

    #[cfg(feature = "automtls")]
    fn certificate(&self) -> Option<&[u8]> {
        self.tls.as_ref().map(|identity| identity.certificate.as_ref())
    }

    #[cfg(not(feature = "automtls"))]
    fn certificate(&self) -> Option<&[u8]> {
        None
    }

    fn serve(self, router: Router, shutdown: CancellationToken) -> Serving {
        let signal = shutdown.cancelled_owned();
        let plain = accept::connections(self.listener);
        #[cfg(feature = "automtls")]
        if let Some(identity) = self.tls {
            let secured = automtls::secured(plain, identity.acceptor);
            return Box::pin(router.serve_with_incoming_shutdown(secured, signal));
        }
        Box::pin(router.serve_with_incoming_shutdown(plain, signal))
    }
}

/// All services of the socket. No timeouts and no cap on streams: two to four live as long as each task does.
async fn router<B: BasePlugin, D: Driver>(plugin: Plugin<B, D>, shutdown: &CancellationToken) -> Router {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status(HEALTH_NAME, ServingStatus::Serving).await;
    let (controller, broker, stdio) = (
        Controller { shutdown: shutdown.clone() },
        Broker { shutdown: shutdown.clone() },
        Stdio { shutdown: shutdown.clone() },
    );
    let base = BasePluginServer::new(plugin.base)
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX);
    tonic::transport::Server::builder()
        .http2_max_pending_accept_reset_streams(Some(ABANDONED_CALLS_MAX))
        .add_service(base)
        .add_service(Patient::new(plugin.driver, MESSAGE_BYTES_MAX))
        .add_service(GrpcControllerServer::new(controller))
        .add_service(GrpcBrokerServer::new(broker))
        .add_service(GrpcStdioServer::new(stdio))
        .add_service(health)
}
