//! The key of a certificate: made and used by the TLS library's own cryptography, in the shape the certificate
//! maker asks for.

use aws_lc_rs::{
    error::Unspecified,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use rcgen::{PKCS_ECDSA_P256_SHA256, PublicKeyData, SignatureAlgorithm, SigningKey};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A private key on P-256 that lives as long as this process.
pub(super) struct Key(EcdsaKeyPair);

impl Key {
    /// A new one.
    ///
    /// # Errors
    /// The cryptography fails, and does not say why.
    pub(super) fn generate() -> Result<Self, Unspecified> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map(Self)
    }

    /// For the TLS server.
    ///
    /// # Errors
    /// The cryptography fails, and does not say why.
    pub(super) fn private(&self) -> Result<PrivateKeyDer<'static>, Unspecified> {
        let document = self.0.to_pkcs8v1()?;
        Ok(PrivatePkcs8KeyDer::from(document.as_ref().to_vec()).into())
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = self.0.sign(&SystemRandom::new(), message);
        signature.map(|signature| signature.as_ref().to_vec()).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}
