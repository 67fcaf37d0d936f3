//! The host's side: reads the line, dials the socket as Go's gRPC does.

use std::{
    future::Future,
    io,
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll},
};

use hyper_util::rt::TokioIo;
use nomad_driver_podman::adapters::nomad::proto::{
    base::base_plugin_client::BasePluginClient,
    driver::driver_client::DriverClient,
    goplugin::{
        grpc_broker_client::GrpcBrokerClient, grpc_controller_client::GrpcControllerClient,
        grpc_stdio_client::GrpcStdioClient,
    },
};
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint, Uri};

/// Clients of every service, over one connection.
pub struct Host {
    pub channel: Channel,
    pub base: BasePluginClient<Channel>,
    pub driver: DriverClient<Channel>,
    pub controller: GrpcControllerClient<Channel>,
    pub broker: GrpcBrokerClient<Channel>,
    pub stdio: GrpcStdioClient<Channel>,
}

impl Host {
    /// Dials once. The authority is go-plugin's constant.
    pub async fn dial(socket: &Path) -> Self {
        let endpoint = Endpoint::from_static("http://unused");
        let channel = endpoint.connect_with_connector(Dial(socket.to_owned())).await.unwrap();
        Self {
            base: BasePluginClient::new(channel.clone()),
            driver: DriverClient::new(channel.clone())
                .max_decoding_message_size(usize::MAX)
                .max_encoding_message_size(usize::MAX),
            controller: GrpcControllerClient::new(channel.clone()),
            broker: GrpcBrokerClient::new(channel.clone()),
            stdio: GrpcStdioClient::new(channel.clone()),
            channel,
        }
    }

    /// A small call that any live plugin answers.
    pub async fn ping(&mut self) -> Result<String, tonic::Status> {
        let info =
            self.base.plugin_info(nomad_driver_podman::adapters::nomad::proto::base::PluginInfoRequest {});
        Ok(info.await?.into_inner().name)
    }
}

/// The socket of a handshake line, by the host's rules.
pub fn socket_of(line: &str) -> PathBuf {
    let fields: Vec<&str> = line.trim().splitn(6, '|').collect();
    let ["1", "2", "unix", path, "grpc", ..] = fields[..] else { panic!("not a handshake: {line:?}") };
    PathBuf::from(path)
}

/// Connects to a path, whatever the URI says.
struct Dial(PathBuf);

impl tower_service::Service<Uri> for Dial {
    type Response = TokioIo<UnixStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let path = self.0.clone();
        Box::pin(async move { Ok(TokioIo::new(UnixStream::connect(path).await?)) })
    }
}
