//! go-plugin's automatic mutual TLS: each side makes a certificate for this one process and accepts exactly
//! the other's. Nomad never asks for it; other hosts of the protocol do.
//!
//! The host's certificate is self-signed on P-521 and marked as a CA. The first rules out providers without
//! that curve, the second every verifier that builds chains (`CaUsedAsEndEntity`), so this one compares
//! bytes.

mod key;

use std::{io, sync::Arc, time::Duration};

use aws_lc_rs::error::Unspecified;
use futures_util::{Stream, StreamExt, future};
use key::Key;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{self, CryptoProvider, WebPkiSupportedAlgorithms},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem, pem::PemObject},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use tokio::{io::AsyncRead, io::AsyncWrite, time::timeout};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Nomad plugin protocol: the only name the host verifies.
const SERVER_NAME: &str = "localhost";
/// How long a connection may take to prove itself, and how many may try at once. The host makes one.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
const HANDSHAKES_MAX: usize = 16;

/// Why there is no mutual TLS.
#[derive(Debug, thiserror::Error)]
pub enum AutoMtlsError {
    /// `PLUGIN_CLIENT_CERT` holds no certificate.
    #[error("cannot read the host's certificate in PLUGIN_CLIENT_CERT: {0}")]
    HostCertificate(#[source] pem::Error),
    /// No key for this process.
    #[error("cannot make a key for this plugin: {0}")]
    OwnKey(#[from] Unspecified),
    /// No certificate for this process.
    #[error("cannot make a certificate for this plugin: {0}")]
    OwnCertificate(#[from] rcgen::Error),
    /// The two do not make a TLS server.
    #[error("cannot set up mutual TLS: {0}")]
    Configuration(#[from] Error),
}

/// What this process is to its host.
pub(super) struct Identity {
    pub(super) acceptor: TlsAcceptor,
    /// DER, for the handshake line.
    pub(super) certificate: CertificateDer<'static>,
}

/// Makes a certificate and pins the host's, given in PEM.
///
/// # Errors
/// The host's is unreadable, or the cryptography fails.
pub(super) fn identity(host_pem: &str) -> Result<Identity, AutoMtlsError> {
    let host = CertificateDer::from_pem_slice(host_pem.as_bytes()).map_err(AutoMtlsError::HostCertificate)?;
    let (certificate, key) = own_certificate()?;
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let pinned = Pinned { host, algorithms: provider.signature_verification_algorithms };
    let config = server_config(provider, pinned, certificate.clone(), key)?;
    Ok(Identity { acceptor: TlsAcceptor::from(Arc::new(config)), certificate })
}

/// On P-256, which Go accepts and which keeps the handshake line short. The validity stays rcgen's, which is
/// always: the certificate is pinned, and a clock that is off must not break it. The serial number tells apart
/// what one issuer has issued, which here is one.
fn own_certificate() -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), AutoMtlsError> {
    let key = Key::generate()?;
    let mut params = CertificateParams::new([SERVER_NAME.to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, SERVER_NAME);
    params.serial_number = Some(1_u64.into());
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.self_signed(&key)?;
    Ok((certificate.into(), key.private()?))
}

fn server_config(
    provider: Arc<CryptoProvider>,
    pinned: Pinned,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, Error> {
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(Arc::new(pinned))
        .with_single_cert(vec![certificate], key)?;
    // Recent hosts insist on it.
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// Connections that have proved to be the host's; others are logged and left out.
pub(super) fn secured<IO>(
    connections: impl Stream<Item = io::Result<IO>> + Send,
    acceptor: TlsAcceptor,
) -> impl Stream<Item = io::Result<TlsStream<IO>>> + Send
where
    IO: AsyncRead + AsyncWrite + Send + Unpin,
{
    connections
        .map(move |connection| secure(acceptor.clone(), connection))
        .buffer_unordered(HANDSHAKES_MAX)
        .filter_map(|outcome| {
            let refused = outcome.inspect_err(|error| tracing::warn!(%error, "refused a TLS connection"));
            future::ready(refused.ok().map(Ok))
        })
}

async fn secure<IO>(acceptor: TlsAcceptor, connection: io::Result<IO>) -> io::Result<TlsStream<IO>>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    timeout(HANDSHAKE_TIME, acceptor.accept(connection?)).await?
}

/// Accepts one certificate, whatever it says about itself.
#[derive(Debug)]
struct Pinned {
    host: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if *end_entity != self.host {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls12_signature(message, cert, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls13_signature(message, cert, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
