//! Connects hyper to a Unix socket.

use hyper::Uri;
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::UnixStream;

/// Opens connections to one socket, whatever the URI says.
#[derive(Debug, Clone)]
pub struct UnixConnector {
    socket: Arc<Path>,
}

impl UnixConnector {
    /// For the socket at this path.
    pub fn new(socket: Arc<Path>) -> Self {
        Self { socket }
    }
}

impl tower_service::Service<Uri> for UnixConnector {
    type Response = TokioIo<UnixStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let socket = self.socket.clone();
        Box::pin(async move { UnixStream::connect(&socket).await.map(TokioIo::new) })
    }
}
