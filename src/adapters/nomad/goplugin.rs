//! The services that go-plugin expects of every plugin beside its own: one that ends the process, and two
//! streams that Nomad opens and never uses.

use std::pin::Pin;

use futures_util::{Stream, StreamExt, future, stream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::proto::goplugin::{
    ConnInfo, Empty, StdioData, grpc_broker_server::GrpcBroker, grpc_controller_server::GrpcController,
    grpc_stdio_server::GrpcStdio,
};

/// A stream that says nothing.
type Idle<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Ends the process when the host asks.
pub(super) struct Controller {
    pub(super) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl GrpcController for Controller {
    /// Nomad plugin protocol: the host waits 2 s for the process to end, then kills it. Containers live on.
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        tracing::debug!("the host ends this plugin");
        self.shutdown.cancel();
        Ok(Response::new(Empty {}))
    }
}

/// Side connections, which drivers have none of.
pub(super) struct Broker {
    pub(super) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl GrpcBroker for Broker {
    type StartStreamStream = Idle<ConnInfo>;

    /// Reads and forgets, until the host hangs up or the plugin ends.
    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        let forgotten = request.into_inner().filter_map(|_| future::ready(None));
        Ok(Response::new(Box::pin(forgotten.take_until(self.shutdown.clone().cancelled_owned()))))
    }
}

/// Output of the process, which goes to the log instead.
pub(super) struct Stdio {
    pub(super) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl GrpcStdio for Stdio {
    type StreamStdioStream = Idle<StdioData>;

    /// Nomad plugin protocol: a host that gets no stream warns on every start; one that gets data throws it
    /// away.
    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<Self::StreamStdioStream>, Status> {
        let silence = stream::pending().take_until(self.shutdown.clone().cancelled_owned());
        Ok(Response::new(Box::pin(silence)))
    }
}
