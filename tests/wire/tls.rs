//! The line and the socket under go-plugin's automatic mutual TLS.

use std::{future::Future, io, path::PathBuf, pin::Pin, sync::Arc, task};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hyper_util::rt::TokioIo;
use nomad_driver_podman::adapters::nomad::{
    handshake::HostOffer,
    proto::{base, base::base_plugin_client::BasePluginClient},
    serve::serve,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio::net::UnixStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Endpoint, Uri};

use crate::{host::socket_of, stub};

/// Certificate and key by go-plugin's template: self-signed, P-521, CA.
const HOST: &str = include_str!("tls/host.pem");

#[tokio::test]
async fn a_host_that_asks_for_tls_gets_a_certificate_and_an_answer() {
    let dir = tempfile::tempdir().unwrap();
    let offer = HostOffer::from_env(&|name| match name {
        "TMPDIR" => Some(dir.path().into()),
        "PLUGIN_CLIENT_CERT" => Some(HOST.into()),
        _ => None,
    });
    let (mut reader, writer) = io::pipe().unwrap();
    let shutdown = CancellationToken::new();
    let served = tokio::spawn({
        let (offer, shutdown) = (offer.unwrap(), shutdown.clone());
        async move { serve(&offer, stub::plugin(), writer, shutdown).await }
    });
    let line = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        io::BufRead::read_line(&mut io::BufReader::new(&mut reader), &mut line).map(|_| line)
    });
    let line = line.await.unwrap().unwrap();

    let plugin_certificate = STANDARD_NO_PAD.decode(line.trim().split('|').nth(5).unwrap()).unwrap();
    let connector = connector(plugin_certificate.into());
    let dial = Dial { connector, socket: socket_of(&line) };
    // The scheme is ours to hide: tonic's client would want to do the TLS itself.
    let channel = Endpoint::from_static("http://localhost").connect_with_connector(dial).await.unwrap();
    let info = BasePluginClient::new(channel).plugin_info(base::PluginInfoRequest {}).await.unwrap();
    assert_eq!(info.into_inner().name, "stub");

    shutdown.cancel();
    served.await.unwrap().unwrap();
}

fn connector(plugin: CertificateDer<'static>) -> TlsConnector {
    let certificate = CertificateDer::from_pem_slice(HOST.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(HOST.as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(plugin).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsConnector::from(Arc::new(config))
}

struct Dial {
    connector: TlsConnector,
    socket: PathBuf,
}

impl tower_service::Service<Uri> for Dial {
    type Response = TokioIo<TlsStream<UnixStream>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> task::Poll<io::Result<()>> {
        task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let (connector, socket) = (self.connector.clone(), self.socket.clone());
        Box::pin(async move {
            let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
            Ok(TokioIo::new(connector.connect(name, UnixStream::connect(socket).await?).await?))
        })
    }
}
