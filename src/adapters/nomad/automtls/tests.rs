//! A host as go-plugin makes it, against our server.

use std::pin::pin;

use futures_util::stream;
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    pki_types::{PrivateKeyDer, ServerName},
    version::{TLS12, TLS13},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_rustls::{TlsConnector, client};

use super::*;

/// Certificate and key of a host in PEM, made by go-plugin's template: self-signed, P-521, CA, for client and server.
struct Host(&'static str);

const HOST: Host = Host(include_str!("../../../../tests/wire/tls/host.pem"));
const STRANGER: Host = Host(include_str!("../../../../tests/wire/tls/stranger.pem"));

impl Host {
    /// Trusts the plugin's certificate alone and presents its own.
    fn connector(
        &self,
        plugin: &CertificateDer<'static>,
        version: &'static SupportedProtocolVersion,
    ) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(plugin.clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(
                vec![CertificateDer::from_pem_slice(self.0.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(self.0.as_bytes()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        TlsConnector::from(Arc::new(config))
    }
}

type Accepted = io::Result<TlsStream<DuplexStream>>;
type Connected = io::Result<client::TlsStream<DuplexStream>>;

/// One connection of `caller` to a plugin that was started by `owner`.
async fn connect(
    owner: &Host,
    caller: &Host,
    version: &'static SupportedProtocolVersion,
) -> (Accepted, Connected) {
    let identity = identity(owner.0).unwrap();
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let connector = caller.connector(&identity.certificate, version);
    let name = ServerName::try_from(SERVER_NAME).unwrap();
    tokio::join!(secure(identity.acceptor, Ok(ours)), connector.connect(name, theirs))
}

#[tokio::test]
async fn the_hosts_certificate_is_accepted_in_both_tls_versions() {
    for version in [&TLS12, &TLS13] {
        let (accepted, connected) = connect(&HOST, &HOST, version).await;
        let (mut accepted, mut connected) = (accepted.unwrap(), connected.unwrap());
        assert_eq!(connected.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));

        connected.write_all(b"ping").await.unwrap();
        connected.flush().await.unwrap();
        let mut read = [0; 4];
        accepted.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"ping");
    }
}

#[tokio::test]
async fn another_certificate_of_the_same_make_is_refused() {
    for version in [&TLS12, &TLS13] {
        let (accepted, _) = connect(&HOST, &STRANGER, version).await;
        assert!(accepted.is_err());
    }
}

#[tokio::test]
async fn a_connection_that_is_not_tls_is_left_out() {
    let identity = identity(HOST.0).unwrap();
    let (ours, mut theirs) = tokio::io::duplex(1024);
    theirs.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    drop(theirs);
    let mut secured = pin!(secured(stream::iter([Ok(ours)]), identity.acceptor));
    assert!(secured.next().await.is_none());
}

#[test]
fn text_that_is_no_certificate_is_an_error() {
    assert!(matches!(identity("nonsense"), Err(AutoMtlsError::HostCertificate(_))));
}

#[test]
fn the_certificate_is_long_enough_for_the_host_to_look_at() {
    let identity = identity(HOST.0).unwrap();
    assert!(identity.certificate.len() * 4 / 3 > 50);
}
