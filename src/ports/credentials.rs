//! Accounts at registries, from where the operator keeps them.

use super::error::RuntimeError;
use crate::domain::config::plugin::CredentialSources;
use crate::domain::image::{Account, ImageRef};
use async_trait::async_trait;

/// Looks accounts up, anew for each pull: they expire.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// The account for pulling `image`: of the file's most specific entry, else of the helper. `None` if no
    /// source knows one.
    ///
    /// # Errors
    /// A source is broken or does not answer. MUST NOT tell what a source said: it may be a password.
    async fn account(
        &self,
        sources: &CredentialSources,
        image: &ImageRef,
    ) -> Result<Option<Account>, RuntimeError>;
}

/// A host where nobody keeps accounts.
pub struct NoCredentials;

#[async_trait]
impl Credentials for NoCredentials {
    async fn account(&self, _: &CredentialSources, _: &ImageRef) -> Result<Option<Account>, RuntimeError> {
        Ok(None)
    }
}
